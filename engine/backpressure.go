package engine

import (
	"context"
	"slices"
	"sync"
	"time"
)

// In-process senders are goroutines: they are held back inside their calls, by
// the same rules as connections [BUSRT-O17].

// goroutineBit stands for waiting goroutines among the bits of shards in
// outbox.waiters.
const goroutineBit = 1 << maxShards

// waiter is a goroutine that waits for receivers that are behind.
type waiter struct {
	bell bell
	on   []*peer // whom for; as long as it is listed it does not change
	hold holding
	tick *time.Timer
}

// waiters are the goroutines that wait.
type waiters struct {
	pool sync.Pool // of *waiter

	mu   sync.Mutex
	list []*waiter
}

func (ws *waiters) init() {
	ws.pool.New = func() any {
		return &waiter{bell: newBell(), tick: time.NewTimer(FastTickInterval)}
	}
}

// enlist makes a waiter that is woken when one of the peers has room.
func (ws *waiters) enlist(on []*peer) *waiter {
	w, _ := ws.pool.Get().(*waiter)
	w.on = append(w.on[:0], on...)
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.list = append(ws.list, w)
	return w
}

func (ws *waiters) leave(w *waiter) {
	ws.mu.Lock()
	i, last := slices.Index(ws.list, w), len(ws.list)-1
	ws.list[i], ws.list[last] = ws.list[last], nil
	ws.list = ws.list[:last]
	ws.mu.Unlock()
	clear(w.on)
	clear(w.hold.on)
	ws.pool.Put(w)
}

// wake wakes those who wait for p. Any goroutine.
func (ws *waiters) wake(p *peer) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for _, w := range ws.list {
		if slices.Contains(w.on, p) {
			w.bell.ring()
		}
	}
}

// wake wakes whoever waits for p: the shards of bits, and goroutines.
func (b *Broker) wake(p *peer, bits uint64) {
	b.wakeShards(bits)
	if bits&goroutineBit != 0 {
		b.waiters.wake(p)
	}
}

// wait holds the calling goroutine back until those it found behind have caught
// up, one of the times of flow control is over, which it then tells, or ctx
// ends. Any goroutine but an event loop.
func (b *Broker) wait(ctx context.Context, behind []*peer) (timed bool) {
	w := b.waiters.enlist(behind)
	defer b.waiters.leave(w)
	w.hold.begin(time.Now(), behind, goroutineBit)
	for {
		done, timed := w.hold.over(time.Now(), b)
		if done {
			return timed
		}
		w.tick.Reset(FastTickInterval)
		select {
		case <-w.bell:
		case <-w.tick.C:
		case <-ctx.Done():
			return timed
		}
	}
}

// bell wakes one goroutine; rung before anybody waits it is not lost.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}
