package listeners

import (
	"sync/atomic"
	"time"
)

// clock tells when a loop, or the strand, has last come by its clock.
type clock struct{ at atomic.Int64 }

// epoch makes times small numbers of the monotonic clock.
var epoch = time.Now()

func (p *clock) beat(now time.Time) { p.at.Store(int64(now.Sub(epoch))) }

func (p *clock) lag(now time.Time) time.Duration { return now.Sub(epoch) - time.Duration(p.at.Load()) }

// Lag is how long ago the event loop that is furthest behind has last come by its
// clock, which it does every [engine.TickInterval]. Longer than a few of these
// means that it is held up: by the machine, by a log that takes nothing, or for
// good. Any goroutine; it waits for nothing.
func (g *Group) Lag() time.Duration {
	now := time.Now()
	worst := g.strand.clock.lag(now)
	for _, l := range g.loops {
		worst = max(worst, l.clock.lag(now))
	}
	return max(0, worst)
}
