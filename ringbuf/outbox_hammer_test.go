package ringbuf

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
)

// Everything that was pushed arrives, each producer's in order; also if the
// owner alone writes.
func TestOutboxHammer(t *testing.T) {
	for _, parks := range []int{2, 8} {
		hammer := func(t *testing.T) {
			t.Helper()
			a := newArena(t, parks, true)
			var wg, owner sync.WaitGroup
			for i := range a.producers {
				wg.Go(func() {
					for range rounds(1_000) {
						a.producers[i].step()
					}
				})
			}
			owner.Go(a.own)
			join(t, &wg)
			a.ending.Store(true)
			a.wakeOwner()
			join(t, &owner)
			for i := range a.producers {
				p := &a.producers[i]
				if got := a.next[p.id]; got != p.seq {
					t.Errorf("producer %d: %d of %d records arrived", p.id, got, p.seq)
				}
				p.end()
			}
			if got := a.level.Load(); got != 0 {
				t.Errorf("the costs sum to %#x", got)
			}
			if a.blocks == 0 {
				t.Error("the receiver was never full: this proves nothing")
			}
		}
		t.Run(fmt.Sprintf("parks=%d", parks), func(t *testing.T) { atProcs(t, hammer) })
	}
}

// The owner closes in the middle of it: what arrived is in order and whole up
// to the mark, and what was pushed before is paid for or given back.
func TestOutboxCloseHammer(t *testing.T) {
	atProcs(t, func(t *testing.T) {
		for range rounds(100) {
			a := newArena(t, 2, false)
			var all, owner sync.WaitGroup
			started := make(chan struct{}, hammerProducers)
			for i := range a.producers {
				all.Go(func() {
					p := &a.producers[i]
					for range 20 {
						p.step()
					}
					started <- struct{}{}
					for after := 0; after < 3; p.step() {
						if a.state() == stateClosed {
							after++
						}
						runtime.Gosched() // on one P the owner would wait for a time slice
					}
				})
			}
			owner.Go(a.own)
			<-started
			a.ending.Store(true)
			a.wakeOwner()
			join(t, &owner)
			join(t, &all)
			left := a.level.Load()
			var perhaps []uint64
			for i := range a.producers {
				left -= a.producers[i].late
				perhaps = append(perhaps, a.producers[i].perhaps)
				a.producers[i].end()
			}
			if !isSum(left, perhaps) {
				t.Errorf("%#x is neither paid nor given back; at the close %#x were pushed", left, perhaps)
			}
			if !a.o.Empty() {
				t.Error("a closed outbox keeps segments")
			}
		}
	})
}

// isSum tells whether some of the terms make up the sum.
func isSum(sum uint64, terms []uint64) bool {
	if len(terms) == 0 {
		return sum == 0
	}
	return isSum(sum, terms[1:]) || isSum(sum-terms[0], terms[1:])
}
