//go:build !race

package listeners

import (
	"fmt"
	"testing"
)

// TestNoAllocations: on the way of a frame, from the read to the write, nothing
// is allocated: one frame or many an event, one loop or two.
func TestNoAllocations(t *testing.T) {
	for _, loops := range []int{1, 2} {
		for _, burst := range []int{1, 50} {
			for _, op := range operations() {
				t.Run(fmt.Sprintf("%s/burst=%d/loops=%d", op.name, burst, loops), func(t *testing.T) {
					p := newPath(t, loops, op, burst)
					for range 10 {
						p.run() // pools and caches fill
					}
					if n := testing.AllocsPerRun(500, p.run); n != 0 {
						t.Errorf("%v allocations", n)
					}
				})
			}
		}
	}
}
