//go:build !race

package engine

import (
	"slices"
	"testing"
)

// burst is a number of frames in one event: with an ack between any two of
// them the sender's queue has twice as many parts, and a queue of more than 64
// gives its memory back when it is empty.
const burst = 30

// A frame's way through the engine takes no memory, however it goes, in one
// piece or in two, one frame an event or a burst of them.
func TestHotPathsDoNotAllocate(t *testing.T) {
	r := newRig(t, herd(100)...)
	sender := r.named["herd.0"]
	for _, p := range hotPaths {
		many := slices.Concat(slices.Repeat([][]byte{p.frame}, burst)...)
		half := len(p.frame) / 2
		for name, do := range map[string]func(){
			"whole": func() { r.event(sender, p.frame) },
			"in two pieces": func() {
				r.event(sender, p.frame[:half])
				r.event(sender, p.frame[half:])
			},
			"a burst": func() { r.event(sender, many) },
		} {
			before := r.frames()
			if n := testing.AllocsPerRun(200, do); n != 0 {
				t.Errorf("%s, %s: %v allocations", p.name, name, n)
			}
			runs := 201 // AllocsPerRun has one to warm up
			if name == "a burst" {
				runs *= burst
			}
			if got := r.frames() - before; got != p.out*runs {
				t.Errorf("%s, %s: %d deliveries, want %d", p.name, name, got, p.out*runs)
			}
		}
	}
	for name, s := range r.named {
		if s.paused != 0 || s.state != stateLive || !s.out.ring.Empty() || s.out.acks.Load() != 0 {
			t.Errorf("%s is left in state %d, paused for %b", name, s.state, s.paused)
		}
	}
}

// frames is how many deliveries the rig has written.
func (r *rig) frames() int { return int(r.shard.totals.wFrames.Load()) }
