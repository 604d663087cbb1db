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
		if refs, cost := x.o.Take(nil, nil, true); len(refs) != 0 || cost != 0 {
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
		refs, cost := x.o.Take(x.refs[:0], nil, false)
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
	refs, _ := x.o.Take(nil, nil, false)
	release(refs)
	x.o.Take(nil, nil, true)
	ref := Ref{Seg: x.pool.Get(7)}
	ref.Seg.B = appendRecord(ref.Seg.B, 1, 1, 7)
	if !x.o.Give([]Ref{ref}) {
		t.Error("not told by Give")
	}
	refs, _ = x.o.Take(nil, nil, false)
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
	if refs, _ := x.o.Take(nil, nil, false); len(refs) != 0 {
		t.Error("taken")
	}
}

// What goes back is appended to next, unless it is somebody else's too or too long;
// who waits, and who closes, leaves nothing behind.
//
// Mutants it fails with: a spare that is not emptied, that is shared, that is left
// with an idle or a closed outbox, that is too small for the record.
func TestLocalSpare(t *testing.T) {
	const small = 100
	tests := []struct {
		name   string
		size   int // of the record that was read
		shared bool
		next   int // the size of the next record
		reused bool
	}{
		{"small", small, false, small, true},
		{"as long as a tail", tailRoom, false, small, true},
		{"too long", tailRoom + slack + 1, false, small, false},
		{"shared", small, true, small, false},
		{"too small for the next", small, false, classSizes[0] + 1, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			x := newInbox()
			x.append(1, 1, test.size)
			refs, _ := x.o.Take(nil, nil, false)
			read := refs[0].Seg
			if test.shared {
				read.Retain(1)
			}
			if refs, _ = x.o.Take(nil, read, false); len(refs) != 0 {
				t.Fatal("taken twice")
			}
			x.append(1, 2, test.next)
			refs, _ = x.o.Take(nil, nil, false)
			if got := refs[0].Seg == read; got != test.reused {
				t.Errorf("in the segment that was read: %t", got)
			}
			if whole, err := checkRecords(refs[0].Seg.B, map[uint8]uint32{1: 2}); err != nil || whole != test.next {
				t.Errorf("%d bytes, %v", whole, err)
			}
			if test.shared {
				if whole, err := checkRecords(read.B, map[uint8]uint32{1: 1}); err != nil || whole != test.size {
					t.Errorf("what the other sees: %d bytes, %v", whole, err)
				}
				read.Release()
			}
			x.o.Take(nil, refs[0].Seg, false)
			x.o.Take(nil, nil, true)
			if n := x.pool.InUse(); n != 0 {
				t.Errorf("%d bytes are in use by an outbox whose receiver waits", n)
			}
			x.append(1, 3, small)
			refs, _ = x.o.Take(nil, nil, false)
			x.o.Take(nil, refs[0].Seg, false)
			if !x.o.Claim() {
				t.Fatal("no claim")
			}
			x.o.Close()
			x.o.Take(nil, x.pool.Get(small), false)
			if n := x.pool.InUse(); n != 0 {
				t.Errorf("%d bytes are in use by a closed outbox", n)
			}
		})
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
	refs, _ := x.o.Take(nil, nil, false)
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
		var read *Segment
		for n := 0; n < producers*each; {
			x.refs, _ = x.o.Take(x.refs[:0], read, true)
			read = nil
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
				if read != nil {
					read.Release()
				}
				read = r.Seg
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
