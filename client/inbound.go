package client

import (
	"context"
	"sync"

	"github.com/busrt-go/busrt/internal/copies"
)

// inbound is the queue of frames for the application: bytes, to which the
// reader appends. Who receives in batches takes them all and gives the bytes of
// the batch before back, so that two slices take turns and there is no object
// per frame.
type inbound struct {
	limit int // frames

	bell chan struct{} // there are frames, or an end; passed on among receivers
	room chan struct{} // the reader may go on

	mu      sync.Mutex
	queue   []byte // whole frames from head on
	head    int
	frames  int  // from head on
	waiting int  // receivers that wait for the bell
	paused  bool // the reader waits for room
	lifted  bool // no limit any more: the peer has gone, what it sent is all
	discard bool // nobody will receive
	ended   error
	copier  copies.Copier // for pop
}

// queueBytes is what may wait for an application however few frames it is; one
// frame is always admitted.
const queueBytes = 16 << 20

func (q *inbound) init(o Options) {
	q.limit = o.QueueSize
	q.bell, q.room = make(chan struct{}, 1), make(chan struct{}, 1)
}

// push queues a run of whole frames; b stays the caller's. While the queue is
// full it waits for room, false if stop is closed first. The reader.
func (q *inbound) push(b []byte, frames int, stop <-chan struct{}) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.fullLocked() {
		q.paused = true
		q.mu.Unlock()
		select {
		case <-q.room:
			q.mu.Lock()
		case <-stop:
			q.mu.Lock()
			return false
		}
	}
	q.paused = false
	if q.discard {
		return true
	}
	if len(q.queue)+len(b) > cap(q.queue) && q.head >= len(q.queue)/2 {
		q.queue, q.head = q.queue[:copy(q.queue, q.queue[q.head:])], 0
	}
	q.queue = append(q.queue, b...)
	q.frames += frames
	if q.waiting > 0 {
		signal(q.bell)
	}
	return true
}

func (q *inbound) fullLocked() bool {
	return (q.frames >= q.limit || len(q.queue)-q.head >= queueBytes) && !q.lifted
}

// pop takes one frame, of which it makes a copy. Any goroutine.
func (q *inbound) pop(ctx context.Context) (Frame, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.awaitLocked(ctx); err != nil {
		return Frame{}, err
	}
	var f Frame
	q.head += q.copier.Frame(q.queue[q.head:], &f)
	q.frames--
	if q.frames == 0 {
		q.emptyLocked(q.queue)
	} else if q.waiting > 0 {
		signal(q.bell)
	}
	q.resumeLocked()
	return f, nil
}

// take takes all frames there are, at least one, and their number, in exchange
// for old, which nobody looks at any more. Any goroutine.
func (q *inbound) take(ctx context.Context, old []byte) (b []byte, frames int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.awaitLocked(ctx); err != nil {
		return old[:0], 0, err
	}
	b, frames = q.queue[q.head:], q.frames
	q.emptyLocked(old)
	q.resumeLocked()
	return b, frames, nil
}

// awaitLocked waits until there is a frame. It lets go of mu meanwhile.
func (q *inbound) awaitLocked(ctx context.Context) error {
	for q.frames == 0 {
		if q.ended != nil {
			signal(q.bell) // for the next one
			return q.ended
		}
		q.waiting++
		q.mu.Unlock()
		var err error
		select {
		case <-q.bell:
		case <-ctx.Done():
			err = ctx.Err()
		}
		q.mu.Lock()
		q.waiting--
		if err != nil {
			return err
		}
	}
	return nil
}

// emptyLocked begins anew in b.
func (q *inbound) emptyLocked(b []byte) {
	if cap(b) > keep {
		b = nil
	}
	q.queue, q.head, q.frames = b[:0], 0, 0
}

func (q *inbound) resumeLocked() {
	if q.paused && !q.fullLocked() {
		signal(q.room)
	}
}

// lift lets the reader read out what a peer that has gone left behind,
// whatever the limit. discard: nobody will receive it. Any goroutine.
func (q *inbound) lift(discard bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lifted = true
	if discard {
		q.discard = true
		q.emptyLocked(nil)
	}
	signal(q.room)
}

// reopen puts the limit back, for the reader of a new connection. That of the
// last has ended.
func (q *inbound) reopen() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lifted, q.paused = q.discard, false
}

// end says why nothing more will come. No reader, once.
func (q *inbound) end(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = err
	signal(q.bell)
}

// full tells whether the reader waits for room. Any goroutine.
func (q *inbound) full() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.paused
}
