package ringbuf

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// stamp fills s with n words that nobody else writes, as long as s has one
// owner; stamped tells whether they are still there.
func stamp(s *Segment, id uint64, n int) {
	for i := range n {
		s.B = binary.LittleEndian.AppendUint64(s.B, id^uint64(i))
	}
}

func stamped(s *Segment, id uint64, n int) bool {
	if len(s.B) != 8*n {
		return false
	}
	for i := range n {
		if binary.LittleEndian.Uint64(s.B[8*i:]) != id^uint64(i) {
			return false
		}
	}
	return true
}

// Segments of one pool go from hand to hand, and whoever is last gives them
// back. One that came back too early is stamped over by its next owner.
//
// Mutants that fail here:
//   - Release that recycles with one reference left, or at every count below
//     two; Retain that adds one less: two owners at once.
//   - recycle that leaves the length of B: the next owner begins behind it.
//   - Shared that is false with two references: the sole owner's append shows
//     in the other's hands.
func TestSegmentHammer(t *testing.T) {
	type loan struct {
		s  *Segment
		id uint64
		n  int
	}
	const hands = 4
	atProcs(t, func(t *testing.T) {
		var (
			pool      Pool
			all       sync.WaitGroup
			exclusive atomic.Int64
			to        [hands]chan loan
		)
		for i := range to {
			to[i] = make(chan loan, hands*hands)
		}
		for me := range to {
			all.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(me), 3))
				for i := range uint64(rounds(1_000)) {
					l := loan{pool.Get(rng.IntN(6<<10) + 1), uint64(me)<<56 | i<<8, 1 + rng.IntN(64)}
					stamp(l.s, l.id, l.n)
					l.s.Retain(hands) // and keeps its own
					for _, c := range to {
						c <- l
					}
					l.s.Release()
					for range hands { // what others lent, or this one itself
						l := <-to[me]
						if !stamped(l.s, l.id, l.n) {
							t.Errorf("segment %#x of %d words holds others' bytes, or %d", l.id, l.n, len(l.s.B))
						}
						if !l.s.Shared() { // the last may do as it likes
							l.s.B = append(l.s.B, "its own"...)
							exclusive.Add(1)
						}
						l.s.Release()
					}
				}
			})
		}
		join(t, &all)
		if exclusive.Load() == 0 {
			t.Error("nobody was ever the last: this proves nothing")
		}
	})
}

// Mutants that fail here: Retain or Release that loads and stores instead of
// adding, a count that is lost.
func TestSegmentCountHammer(t *testing.T) {
	atProcs(t, func(t *testing.T) {
		s := new(Pool).Get(1)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range rounds(50_000) {
					s.Retain(2)
					s.Release()
					s.Release()
				}
			})
		}
		join(t, &wg)
		if got := s.refs.Load(); got != 1 {
			t.Errorf("%d references are left, want the first", got)
		}
	})
}
