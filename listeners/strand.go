package listeners

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/busrt-go/busrt/engine"
)

// strand is what a loop is to descriptors to connections that have goroutines: a
// shard, and whoever holds the lock is its loop. So the engine knows no second
// kind of session. Beside the streams' own goroutines one does what the shard is
// called for.
//
// What is done under the lock never waits for a peer.
type strand struct {
	log       *slog.Logger
	guard     *guard
	ticks     *ticker
	admission *admission
	watchdog  *watchdog
	pulse     pulse
	done      chan struct{} // closed when its goroutine has ended
	wake      chan struct{} // of one place: it is called

	streams sync.WaitGroup // their goroutines

	// For any goroutine.
	clock   clock
	calls   atomic.Uint32 // as those of a loop
	hurried atomic.Bool

	mu struct {
		sync.Mutex
		shard    *engine.Shard
		hurrying bool // what hurried says
		refusing bool // no more streams
		stopping bool
	}
}

func newStrand(g *Group) *strand {
	st := &strand{
		log: g.log, guard: g.guard, ticks: g.ticks, admission: g.admission, watchdog: g.watchdog,
		done: make(chan struct{}), wake: make(chan struct{}, 1),
	}
	st.clock.beat(time.Now())
	st.mu.shard = g.broker.NewShard(func() { st.call(callAttend) })
	return st
}

// run is the strand's goroutine. It ends after stop.
func (st *strand) run() {
	defer close(st.done)
	for over := false; !over; {
		<-st.wake
		over = st.answer(st.calls.Swap(0))
	}
}

// call has the strand do something soon. Any goroutine.
func (st *strand) call(what uint32) {
	if st.calls.Or(what) != 0 {
		return
	}
	select {
	case st.wake <- struct{}{}:
	default:
	}
}

func (st *strand) answer(calls uint32) (over bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.mu.stopping {
		return true
	}
	if calls&callTick != 0 {
		now := time.Now()
		st.watchdog.answered(&st.pulse)
		st.guardedLocked(nil, func() { st.mu.shard.Tick(now) })
		st.clock.beat(now)
	}
	if calls&callAttend != 0 && !st.guardedLocked(nil, st.mu.shard.Attend) {
		st.call(callAttend) // mail was left behind, and no wake comes for it
	}
	st.hurryLocked()
	return false
}

// guardedLocked runs f as the shard's loop. A panic is not passed on: what was
// staged is handed over, and the stream it was about, if any, given up.
func (st *strand) guardedLocked(s *stream, f func()) (done bool) {
	defer func() {
		if cause := recover(); cause != nil {
			var abort func()
			if s != nil {
				abort = s.session.Panicked
			}
			st.guard.clear(cause, st.mu.shard, abort)
		}
	}()
	f()
	return true
}

// hurryLocked tells the ticker whether the shard is in a hurry.
func (st *strand) hurryLocked() {
	if now := st.mu.shard.Hurried(); now != st.mu.hurrying {
		st.mu.hurrying = now
		st.hurried.Store(now)
		if now {
			st.ticks.hurry()
		}
	}
}

// refuse lets no more streams in.
func (st *strand) refuse() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.mu.refusing = true
}

// stop closes all streams and ends the strand. Nothing is left of it when done
// is closed and streams are done.
func (st *strand) stop() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.mu.refusing, st.mu.stopping = true, true
	st.guardedLocked(nil, st.mu.shard.Close)
	st.call(callTick) // to see it
}
