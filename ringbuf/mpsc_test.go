package ringbuf

import (
	"runtime"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestNewMPSC(t *testing.T) {
	tests := []struct{ asked, got int }{{1, 1}, {2, 2}, {3, 4}, {4, 4}, {5, 8}, {1000, 1024}, {1024, 1024}}
	for _, tt := range tests {
		q := NewMPSC[int](tt.asked)
		n := 0
		for q.Push(n) {
			n++
		}
		if n != tt.got {
			t.Errorf("NewMPSC(%d) takes %d values, want %d", tt.asked, n, tt.got)
		}
	}
	for _, capacity := range []int{0, -1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("NewMPSC(%d) does not panic", capacity)
				}
			}()
			NewMPSC[int](capacity)
		}()
	}
}

func TestMPSCClearsSlots(t *testing.T) {
	q := NewMPSC[*int](2)
	q.Push(new(int))
	if v, ok := q.Pop(); !ok || v == nil {
		t.Fatalf("Pop = %v, %t", v, ok)
	}
	for i := range q.slots {
		if q.slots[i].value != nil {
			t.Errorf("slot %d still holds its value", i)
		}
	}
}

func TestMPSCAgainstSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := NewMPSC[int](rapid.SampledFrom([]int{1, 2, 4, 8}).Draw(t, "capacity"))
		var model []int
		next := 0
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				if q.Empty() != (len(model) == 0) {
					t.Fatalf("Empty = %t with %d values", q.Empty(), len(model))
				}
			},
			"push": func(t *rapid.T) {
				room := len(model) < len(q.slots)
				if q.Push(next) != room {
					t.Fatalf("Push = %t with %d of %d", !room, len(model), len(q.slots))
				}
				if room {
					model = append(model, next)
				}
				next++
			},
			"pop": func(t *rapid.T) {
				v, ok := q.Pop()
				if ok != (len(model) > 0) || ok && v != model[0] {
					t.Fatalf("Pop = %d, %t, want the head of %v", v, ok, model)
				}
				if ok {
					model = model[1:]
				}
			},
		})
	})
}

// Mutants that fail here: seq published before the value is stored (torn
// values, and a report under -race); Pop that frees the slot before it has
// read it.
func TestMPSCHammer(t *testing.T) {
	type item struct{ producer, seq, check int }
	const producers = 4
	for _, capacity := range []int{1, 2, 64} {
		atProcs(t, func(t *testing.T) {
			q := NewMPSC[item](capacity)
			n := rounds(20_000)
			var wg sync.WaitGroup
			for p := range producers {
				wg.Go(func() {
					for i := range n {
						for !q.Push(item{p, i, p ^ i}) {
							runtime.Gosched()
						}
					}
				})
			}
			wg.Go(func() {
				var want [producers]int
				for range producers * n {
					v, ok := q.Pop()
					for ; !ok; v, ok = q.Pop() {
						runtime.Gosched()
					}
					if v.seq != want[v.producer] || v.check != v.producer^v.seq {
						t.Errorf("got %+v, want seq %d", v, want[v.producer])
						want[v.producer] = v.seq
					}
					want[v.producer]++
				}
			})
			join(t, &wg)
			if !q.Empty() {
				t.Error("more values than were pushed")
			}
		})
	}
}

// A Push that gives up when another producer was faster fails here: the queue
// has room for everything.
func TestMPSCPushFailsOnlyWhenFull(t *testing.T) {
	atProcs(t, func(t *testing.T) {
		const producers, each = 8, 512
		for range rounds(50) {
			q := NewMPSC[int](producers * each)
			var wg sync.WaitGroup
			for range producers {
				wg.Go(func() {
					for i := range each {
						if !q.Push(i) {
							t.Error("refused although there is room")
							return
						}
					}
				})
			}
			join(t, &wg)
			if q.Push(0) {
				t.Fatal("accepted although full")
			}
		}
	})
}
