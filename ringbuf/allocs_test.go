//go:build !race

package ringbuf

import "testing"

func TestNoAllocations(t *testing.T) {
	var (
		pool  Pool
		o     Outbox
		w     Waker
		q     = NewMPSC[*int](8)
		refs  = make([]Ref, 0, 8)
		views = make([][]byte, 0, 8)
		none  = func([]byte) (int, uint64) { return 0, 0 }
	)
	tests := map[string]func(){
		"Pool": func() { pool.Get(100).Release() },
		"MPSC": func() {
			q.Push(nil)
			q.Pop()
		},
		"Waker": func() {
			w.Wake()
			w.Begin()
			w.Done()
		},
		"Outbox": func() {
			refs = refs[:0]
			for range 4 { // more than fit inline: the ring stays between rounds
				s := pool.Get(2 << 10)
				s.B = s.B[:2<<10]
				refs = append(refs, Ref{s, 1})
			}
			o.Push(refs)
			o.Views(views[:0])
			o.Advance(3<<10, none)
			o.Views(views[:0])
			o.Advance(5<<10, none)
			if o.Yield(false) != Released {
				t.Error("not empty after all was written")
			}
		},
	}
	for name, f := range tests {
		if n := testing.AllocsPerRun(1000, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
