package listeners

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// panicsAllowed is how many panics in panicSpan a group lives through.
const (
	panicsAllowed = 10
	panicSpan     = time.Minute
)

// guard counts what must not happen, and gives the group up when it happens too
// often. Any goroutine.
type guard struct {
	log   *slog.Logger
	fatal func(error)
	count atomic.Uint64 // panics

	mu struct {
		sync.Mutex
		at   [panicsAllowed]time.Time // of the last panics, a ring
		next int
		told bool
	}
}

// panicked takes note of a recovered panic.
func (g *guard) panicked(cause any) {
	now := time.Now()
	g.count.Add(1)
	g.log.Error("panic in an event loop", "cause", cause, "stack", string(debug.Stack()))
	g.mu.Lock()
	oldest := &g.mu.at[g.mu.next]
	tooMany := !oldest.IsZero() && now.Sub(*oldest) < panicSpan
	*oldest = now
	g.mu.next = (g.mu.next + 1) % panicsAllowed
	g.mu.Unlock()
	if tooMany {
		g.failed(fmt.Errorf("busrt: more than %d panics in %v, the last one: %v", panicsAllowed, panicSpan, cause))
	}
}

// failed gives the group up, once, without waiting for whoever is told.
func (g *guard) failed(err error) {
	g.mu.Lock()
	first := !g.mu.told
	g.mu.told = true
	g.mu.Unlock()
	if !first {
		return
	}
	g.log.Error("event loops have failed", "error", err)
	if g.fatal != nil {
		go g.fatal(err)
	}
}

// rescue is deferred around each callback and task: a panic that went through
// the poller would lose its wake-ups for good. What the event has staged is
// handed over, and the source it was about, if any, is given up.
func (l *loop) rescue(s source) {
	cause := recover()
	if cause == nil {
		return
	}
	l.guard.panicked(cause)
	l.try(l.shard.Flush)
	if s != nil {
		l.try(s.abort) // what is announced of it goes out with the next event or tick
	}
}

// try runs f, which may find things in disorder.
func (l *loop) try(f func()) {
	defer func() {
		if cause := recover(); cause != nil {
			l.guard.panicked(cause)
		}
	}()
	f()
}
