package listeners

import (
	"time"

	"github.com/busrt-go/busrt/engine"
)

// ticker drives the clocks of all loops: every [engine.TickInterval], and those
// in a hurry every [engine.FastTickInterval].
type ticker struct {
	hurried chan struct{} // some loop has got into a hurry
	stop    chan struct{}
	done    chan struct{}
}

func newTicker() *ticker {
	return &ticker{hurried: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
}

// hurry has the ticker look at once who is in a hurry. Any goroutine.
func (t *ticker) hurry() {
	select {
	case t.hurried <- struct{}{}:
	default:
	}
}

// run ticks until stop is closed. tick ticks all loops, or those in a hurry, and
// tells whether there are any.
func (t *ticker) run(tick func(all bool) (hurried bool)) {
	defer close(t.done)
	clock := time.NewTicker(engine.TickInterval)
	defer clock.Stop()
	fast := false
	last := time.Now() // when all were ticked
	for {
		select {
		case <-t.stop:
			return
		case <-t.hurried:
			if !fast {
				fast = true
				clock.Reset(engine.FastTickInterval)
			}
		case now := <-clock.C:
			all := !fast || now.Sub(last) >= engine.TickInterval
			if all {
				last = now
			}
			if hurried := tick(all); hurried != fast {
				fast = hurried
				clock.Reset(interval(fast))
			}
		}
	}
}

func interval(fast bool) time.Duration {
	if fast {
		return engine.FastTickInterval
	}
	return engine.TickInterval
}
