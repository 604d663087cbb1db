package listeners

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/busrt-go/busrt/engine"
)

// readSize is the buffer that a loop reads into: what a call may move without
// telling the scheduler.
const readSize = 64 << 10

// source is what a loop knows a descriptor by.
type source interface {
	// ready is called for an event; ready is a hint.
	ready(ready interest)

	// abort gives the source up after a panic.
	abort()
}

// loop is an event loop: one goroutine, its sockets and its shard. What is not
// said to be for any goroutine is loop only.
type loop struct {
	log       *slog.Logger
	poller    poller
	shard     *engine.Shard
	guard     *guard
	ticks     *ticker
	admission *admission
	watchdog  *watchdog     // nil: none
	done      chan struct{} // closed when the goroutine has ended

	sources  []source // by descriptor
	buf      []byte
	resting  []*acceptor
	crowded  bool // one of them waits for a place among the handshakes: tick fast
	hurrying bool // what hurried says
	stopping bool

	// For any goroutine.
	pulse   pulse
	clock   clock
	load    atomic.Int32  // connections the loop has, or is given
	hurried atomic.Bool   // it wants to be ticked fast
	calls   atomic.Uint32 // what it is called for; not 0: it is called already
	gate    struct {
		sync.RWMutex      // held to call the poller, which is closed under the lock
		closed       bool // guarded by RWMutex
	}
	inbox struct {
		sync.Mutex
		jobs []func()
	}
}

// What a loop is called for.
const (
	callAttend = 1 << iota // its shard has mail
	callTick
	callJobs
)

func newLoop(g *Group) (*loop, error) {
	p, err := openPoller()
	if err != nil {
		return nil, err
	}
	l := &loop{
		log: g.log, poller: p, guard: g.guard, ticks: g.ticks, admission: g.admission, watchdog: g.watchdog,
		done: make(chan struct{}), buf: make([]byte, readSize),
	}
	l.clock.beat(time.Now())
	l.shard = g.broker.NewShard(func() { l.call(callAttend) })
	return l, nil
}

// run is the loop's goroutine. It ends after stop, when no connection is left,
// or if the poller fails.
func (l *loop) run() {
	defer close(l.done)
	if err := l.poller.run(l.handle); err != nil {
		l.guard.failed(err)
		l.stop()
	}
	l.gate.Lock()
	l.gate.closed = true
	l.gate.Unlock()
	if err := l.poller.close(); err != nil {
		l.log.Error("poller not closed", "error", err)
	}
}

// handle is called by the poller for each event.
func (l *loop) handle(fd int, ready interest) {
	if fd >= len(l.sources) {
		return
	}
	s := l.sources[fd]
	if s == nil {
		return
	}
	defer l.rescue(s)
	s.ready(ready)
}

// enter makes s the source of fd. The poller must not watch fd yet.
func (l *loop) enter(fd int, s source) {
	if fd >= len(l.sources) {
		bigger := make([]source, max(fd+1, 2*len(l.sources)))
		copy(bigger, l.sources)
		l.sources = bigger
	}
	l.sources[fd] = s
}

// leave forgets fd, which is still open.
func (l *loop) leave(fd int) { l.sources[fd] = nil }

// call has the loop do something soon. It travels as a bit, so that one task is
// under way to the poller at most. Any goroutine.
func (l *loop) call(what uint32) {
	if l.calls.Or(what) != 0 {
		return
	}
	l.gate.RLock()
	defer l.gate.RUnlock()
	if l.gate.closed {
		return
	}
	if err := l.poller.trigger(l.answer); err != nil {
		l.log.Error("event loop cannot be woken", "error", err)
	}
}

// answer is the task that a call sends.
func (l *loop) answer(any) error {
	calls := l.calls.Swap(0)
	if calls&callJobs != 0 {
		l.runJobs()
	}
	if calls&callTick != 0 {
		l.tick()
	}
	if calls&callAttend != 0 {
		l.attend()
	}
	if l.stopping && l.shard.Sessions() == 0 {
		return errStop
	}
	return nil
}

func (l *loop) attend() {
	done := false
	defer func() {
		if !done {
			l.call(callAttend) // a panic left mail behind, and no wake comes for it
		}
	}()
	defer l.rescue(nil)
	l.shard.Attend()
	l.hurry()
	done = true
}

func (l *loop) tick() {
	defer l.rescue(nil)
	if l.watchdog != nil {
		l.watchdog.answered(&l.pulse)
	}
	resting := l.resting
	l.resting, l.crowded = nil, false
	for _, a := range resting {
		a.resume()
	}
	now := time.Now()
	l.shard.Tick(now)
	l.clock.beat(now)
	l.hurry()
}

// hurry tells the ticker whether the loop is in a hurry.
func (l *loop) hurry() {
	if now := l.shard.Hurried() || l.crowded; now != l.hurrying {
		l.hurrying = now
		l.hurried.Store(now)
		if now {
			l.ticks.hurry()
		}
	}
}

// post has the loop run job soon. Jobs keep their order. Any goroutine.
func (l *loop) post(job func()) {
	l.inbox.Lock()
	l.inbox.jobs = append(l.inbox.jobs, job)
	l.inbox.Unlock()
	l.call(callJobs)
}

// do posts job and waits until it was run; false if the loop has ended before.
// Any goroutine but an event loop.
func (l *loop) do(job func()) bool { return l.doUntil(context.Background(), job) }

// doUntil is do whose waiting ctx ends; the job is run nevertheless.
func (l *loop) doUntil(ctx context.Context, job func()) bool {
	ran := make(chan struct{})
	l.post(func() {
		defer close(ran)
		job()
	})
	select {
	case <-ran:
		return true
	case <-l.done:
		return false
	case <-ctx.Done():
		return false
	}
}

func (l *loop) runJobs() {
	l.inbox.Lock()
	jobs := l.inbox.jobs
	l.inbox.jobs = nil
	l.inbox.Unlock()
	for _, job := range jobs {
		l.runJob(job)
	}
}

func (l *loop) runJob(job func()) {
	defer l.rescue(nil)
	job()
}

// stop closes all connections and ends the loop once they are closed: a writer
// on another goroutine may still be at it.
func (l *loop) stop() {
	l.stopping = true
	l.shard.Close()
}
