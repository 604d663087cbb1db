package listeners

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/busrt-go/busrt/engine"
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

// clear takes note of a panic in a callback of a shard's loop. What the event has
// staged is handed over, and whatever it was about, if anything, is given up;
// what is announced of that goes out with the next event or tick.
func (g *guard) clear(cause any, sh *engine.Shard, abort func()) {
	g.panicked(cause)
	g.try(sh.Flush)
	if abort != nil {
		g.try(abort)
	}
}

// try runs f, which may find things in disorder.
func (g *guard) try(f func()) {
	defer func() {
		if cause := recover(); cause != nil {
			g.panicked(cause)
		}
	}()
	f()
}

// rescue is deferred around each callback and task: a panic that went through
// the poller would lose its wake-ups for good.
func (l *loop) rescue(s source) {
	cause := recover()
	if cause == nil {
		return
	}
	var abort func()
	if s != nil {
		abort = s.abort
	}
	l.guard.clear(cause, l.shard, abort)
}
