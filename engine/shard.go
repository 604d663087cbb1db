package engine

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/busrt-go/busrt/ringbuf"
)

// mailboxSize is how many sessions may wait for a shard's attention; beyond
// it the shard looks through all it has, so nothing is lost.
const mailboxSize = 1024

// attendSlice is how many mailbox entries are attended before the loop looks
// at its sockets again.
const attendSlice = 64

// Shard is what one event loop owns: its sessions, staging area, caches,
// clock, timer wheel and mailbox. All methods are loop only, but for Name-less
// posts by other shards. Make one with [Broker.NewShard].
type Shard struct {
	broker *Broker
	bit    uint64 // the shard's in outbox.waiters
	notify func()
	staging

	mail     *ringbuf.MPSC[*Session]
	waker    ringbuf.Waker
	overflow atomic.Bool // the mailbox was full: look through all sessions
	wanted   atomic.Bool // an outbox that held sessions up has room: recheck the paused
	leaving  atomic.Bool // the broker shuts down: all sessions are to drain
	reviews  reviews

	now       time.Time // coarse: as of the last Tick, or of the last rare event that read the clock
	wheel     wheel
	paused    []*Session
	rechecked []*Session // scratch of recheckPaused
}

// NewShard makes the shard of a new event loop. notify is called by any
// goroutine to have the loop call [Shard.Attend] soon; at most one such call is
// outstanding at a time.
func (b *Broker) NewShard(notify func()) *Shard {
	sh := &Shard{
		broker: b,
		notify: notify,
		mail:   ringbuf.NewMPSC[*Session](mailboxSize),
		now:    time.Now(),
	}
	sh.staging.init(b)
	sh.wheel.init(sh.now)
	b.addShard(sh)
	return sh
}

// post leaves a session in the shard's mailbox. Any goroutine.
func (sh *Shard) post(s *Session) {
	if !sh.mail.Push(s) {
		sh.overflow.Swap(true) // Swap, not Store: the loop must not look before it
	}
	sh.wake()
}

func (sh *Shard) wake() {
	if sh.waker.Wake() {
		sh.notify()
	}
}

// Attend does what other goroutines asked of this shard's sessions, and ends
// with a hand-over. Loop only, after notify.
func (sh *Shard) Attend() {
	sh.waker.Begin()
	done := 0
	for ; done < attendSlice; done++ {
		s, ok := sh.mail.Pop()
		if !ok {
			break
		}
		s.attend()
	}
	if sh.leaving.Swap(false) {
		sh.wheel.each(func(s *Session) { s.end(reasonShutdown) })
	}
	if sh.reviews.wanted.Load() {
		sh.review()
	}
	if sh.overflow.Swap(false) {
		sh.wheel.each((*Session).attend)
	}
	if sh.wanted.Swap(false) {
		sh.recheckPaused()
	}
	sh.Flush()
	if sh.waker.Done() || done == attendSlice {
		sh.wake()
	}
}

// Tick moves the shard's clock and runs the timers that are due. Loop only:
// every [TickInterval], every [FastTickInterval] while [Shard.Hurried].
func (sh *Shard) Tick(now time.Time) {
	sh.now = now
	sh.wheel.advance(now, (*Session).timer)
	sh.broker.shed()
	if len(sh.paused) > 0 {
		sh.recheckPaused()
	}
	sh.Flush()
}

// Hurried tells that sessions are paused, so that the shard wants to be ticked
// at [FastTickInterval]. Loop only.
func (sh *Shard) Hurried() bool { return len(sh.paused) > 0 }

// Flush hands over what the event staged. A transport calls it at the end of
// each event in which it fed sessions. Loop only.
func (sh *Shard) Flush() { sh.staging.flush(sh.staging.self) }

// Close ends all sessions of the shard at once. Loop only, when the loop ends.
func (sh *Shard) Close() {
	sh.wheel.each((*Session).Abort)
	for sh.Sessions() > 0 { // others write to them, which does not take long
		runtime.Gosched()
		sh.wheel.each((*Session).settleDrain)
	}
	sh.Flush()
	sh.broker.removeShard(sh)
	sh.closeReviews()
}

// Sessions is the number of connections the shard still has. Loop only.
func (sh *Shard) Sessions() int { return sh.wheel.count }
