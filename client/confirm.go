package client

import (
	"context"
	"errors"
	"sync"

	"github.com/busrt-go/busrt/codec"
)

// Confirm is the ack to come of a frame that was sent. Waiting for it fails
// with [ErrClosed] or a [DisconnectedError] if the connection ends before.
type Confirm = codec.Confirm

var errSpent = errors.New("busrt: the outcome of this Confirm was given already")

// waiter waits for one outcome after the other.
type waiter struct {
	link    *link
	outcome chan error // room for one: nil, a codec.Status, or why there will be no ack
	id      uint32
}

// WaitAck implements [codec.Acks].
func (w *waiter) WaitAck(ctx context.Context, id uint32) error {
	if w.id != id {
		return errSpent
	}
	w.link.out.flush()
	select {
	case err := <-w.outcome:
		w.link.confirms.recycle(w)
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// confirms are the acks that are to come [BUSRT-B2].
type confirms struct {
	pool sync.Pool // of *waiter

	mu      sync.Mutex
	last    uint32
	waiters map[uint32]*waiter
	ended   error
}

func (p *confirms) init(l *link) {
	p.waiters = make(map[uint32]*waiter)
	p.pool.New = func() any { return &waiter{link: l, outcome: make(chan error, 1)} }
}

// expect gives a waiter with a fresh id. It fails if the connection has ended.
// Any goroutine.
func (p *confirms) expect() (*waiter, error) {
	w, _ := p.pool.Get().(*waiter)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended != nil {
		return nil, p.ended
	}
	for {
		p.last++
		if _, taken := p.waiters[p.last]; !taken && p.last != 0 {
			break
		}
	}
	w.id = p.last
	p.waiters[w.id] = w
	return w, nil
}

// forget takes a waiter back whose frame was not sent.
func (p *confirms) forget(w *waiter) {
	p.mu.Lock()
	_, waits := p.waiters[w.id]
	delete(p.waiters, w.id)
	p.mu.Unlock()
	if waits { // else it has an outcome in it, that of the end
		p.recycle(w)
	}
}

// recycle takes a waiter back that nobody fills any more, and that is empty.
func (p *confirms) recycle(w *waiter) {
	w.id = 0
	p.pool.Put(w)
}

// complete passes an ack on. An id that nobody waits for is that of Post, or the
// second ack of a subscription that was denied in part [BUSRT-O5]. The reader.
func (p *confirms) complete(id uint32, code codec.Status) {
	p.mu.Lock()
	w := p.waiters[id]
	delete(p.waiters, id)
	p.mu.Unlock()
	if w != nil {
		w.outcome <- code.Err()
	}
}

// end tells all that wait why their acks will not come, and all that come later.
func (p *confirms) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.waiters {
		w.outcome <- err
	}
	p.waiters, p.ended = nil, err
}
