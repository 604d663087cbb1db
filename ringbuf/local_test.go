package ringbuf

import (
	"sync"
	"testing"
)

// inbox is a receiver in the process: a bell, and what it has taken.
type inbox struct {
	pool Pool
	o    Outbox
	bell chan struct{}
	refs []Ref
}

func newInbox() *inbox { return &inbox{bell: make(chan struct{}, 1)} }

// append queues one record and rings.
func (x *inbox) append(producer uint8, seq uint32, size int) {
	tell := x.o.Append(&x.pool, size, recordCost(seq, size), func(b []byte) []byte {
		return appendRecord(b, producer, seq, size)
	})
	x.ring(tell)
}

func (x *inbox) ring(tell bool) {
	if tell {
		select {
		case x.bell <- struct{}{}:
		default:
		}
	}
}

// What is appended, pushed and parked comes in its order, with what it costs; the
// first of a run tells, and only the first.
func TestLocal(t *testing.T) {
	x := newInbox()
	for round, sizes := range [][]int{{7}, {100, 100, 5000, 100}, {60_000, 6000}, {3000, 3000, 3000, 3000, 3000}} {
		if refs, cost := x.o.Take(nil, true); len(refs) != 0 || cost != 0 {
			t.Errorf("took %d from an empty outbox", len(refs))
		}
		var seq uint32
		var want uint64
		for i, size := range sizes {
			seq++
			want += recordCost(seq, size)
			if i == 2 { // in between, a segment of somebody's own
				ref := Ref{Seg: x.pool.Get(size), Cost: recordCost(seq, size)}
				ref.Seg.B = appendRecord(ref.Seg.B, 1, seq, size)
				if x.o.Give([]Ref{ref}) {
					t.Error("told although nobody waits any more")
				}
				continue
			}
			n := len(x.bell)
			x.append(1, seq, size)
			if got := len(x.bell) > n; got != (i == 0) {
				t.Errorf("round %d, record %d: told %t", round, i, got)
			}
		}
		refs, cost := x.o.Take(x.refs[:0], false)
		if cost != want {
			t.Errorf("round %d: cost %#x, want %#x", round, cost, want)
		}
		next := map[uint8]uint32{1: 1}
		for _, r := range refs {
			if whole, err := checkRecords(r.Seg.B, next); err != nil || whole != len(r.Seg.B) {
				t.Fatalf("round %d: %d of %d bytes, %v", round, whole, len(r.Seg.B), err)
			}
			r.Seg.Release()
		}
		if next[1] != seq+1 || !x.o.Empty() || x.o.Blocked() {
			t.Errorf("round %d: up to record %d of %d, blocked %t", round, next[1]-1, seq, x.o.Blocked())
		}
		<-x.bell
	}
	x.append(1, 1, 7)
	if len(x.bell) != 0 {
		t.Error("told although nobody waits")
	}
	refs, _ := x.o.Take(nil, false)
	release(refs)
	x.o.Take(nil, true)
	ref := Ref{Seg: x.pool.Get(7)}
	ref.Seg.B = appendRecord(ref.Seg.B, 1, 1, 7)
	if !x.o.Give([]Ref{ref}) {
		t.Error("not told by Give")
	}
	refs, _ = x.o.Take(nil, false)
	release(refs)
}

// A closed outbox takes nothing in, and gives nothing.
func TestLocalClosed(t *testing.T) {
	x := newInbox()
	x.append(1, 1, 100)
	if !x.o.Claim() {
		t.Fatal("no claim")
	}
	if cost := x.o.Close(); cost != recordCost(1, 100) {
		t.Errorf("cost %#x", cost)
	}
	if x.o.Append(&x.pool, 7, 1, func([]byte) []byte { t.Error("filled"); return nil }) {
		t.Error("told")
	}
	if refs, _ := x.o.Take(nil, false); len(refs) != 0 {
		t.Error("taken")
	}
}

// A segment that somebody else reads too is not appended to.
func TestLocalShared(t *testing.T) {
	x := newInbox()
	x.append(1, 1, 7)
	seg := x.o.refs.at(0).Seg
	seg.Retain(1)
	x.append(1, 2, 7)
	if len(seg.B) != 7 || x.o.Len() != 2 {
		t.Errorf("%d bytes in the shared one of %d", len(seg.B), x.o.Len())
	}
	seg.Release()
	refs, _ := x.o.Take(nil, false)
	release(refs)
}

// Many append and one takes: everything arrives, each producer's in order, and
// the taker, who waits for the bell only, is never left asleep.
func TestLocalHammer(t *testing.T) {
	atProcs(t, func(t *testing.T) {
		const producers = 4
		x := newInbox()
		each := rounds(20_000)
		var wg sync.WaitGroup
		for p := range producers {
			wg.Go(func() {
				for i := range each {
					x.append(uint8(p), uint32(i), 7+(i*13)%300)
				}
			})
		}
		next := map[uint8]uint32{}
		for n := 0; n < producers*each; {
			x.refs, _ = x.o.Take(x.refs[:0], true)
			if len(x.refs) == 0 {
				<-x.bell
			}
			for _, r := range x.refs {
				before := total(next)
				if whole, err := checkRecords(r.Seg.B, next); err != nil || whole != len(r.Seg.B) {
					t.Errorf("%d of %d bytes, %v", whole, len(r.Seg.B), err)
					return
				}
				n += total(next) - before
				r.Seg.Release()
			}
		}
		join(t, &wg)
	})
}

func total(next map[uint8]uint32) (n int) {
	for _, seq := range next {
		n += int(seq)
	}
	return n
}

// Records of 100 bytes from some goroutines to one: appended, each in a segment
// of its own that is parked, and through a channel of slices.
func BenchmarkLocal(b *testing.B) {
	for _, way := range []struct {
		name string
		run  func(b *testing.B, senders int)
	}{{"append", benchAppend}, {"give", benchGive}, {"channel", benchChannel}} {
		for _, senders := range []int{1, 4} {
			b.Run(way.name+map[int]string{1: "/senders=1", 4: "/senders=4"}[senders], func(b *testing.B) { way.run(b, senders) })
		}
	}
}

func benchAppend(b *testing.B, senders int) {
	x, record := newInbox(), make([]byte, benchFrame)
	benchInbox(b, x, senders, func() bool {
		return x.o.Append(&x.pool, benchFrame, 1, func(b []byte) []byte { return append(b, record...) })
	})
}

func benchGive(b *testing.B, senders int) {
	x, record := newInbox(), make([]byte, benchFrame)
	benchInbox(b, x, senders, func() bool {
		seg := x.pool.Get(benchFrame)
		seg.B = append(seg.B, record...)
		refs := [1]Ref{{seg, 1}}
		return x.o.Give(refs[:])
	})
}

func benchInbox(b *testing.B, x *inbox, senders int, send func() (tell bool)) {
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for range share(b.N, i, senders) {
				x.ring(send())
			}
		})
	}
	var sum uint64
	for sum < uint64(b.N) {
		var cost uint64
		if x.refs, cost = x.o.Take(x.refs[:0], true); len(x.refs) == 0 {
			<-x.bell
		}
		sum += cost
		release(x.refs)
	}
	wg.Wait()
}

func benchChannel(b *testing.B, senders int) {
	var wg sync.WaitGroup
	ch, record := make(chan []byte, 8192), make([]byte, benchFrame)
	for i := range senders {
		wg.Go(func() {
			for range share(b.N, i, senders) {
				ch <- append([]byte(nil), record...)
			}
		})
	}
	for range b.N {
		<-ch
	}
	wg.Wait()
}
