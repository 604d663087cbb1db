package engine

import (
	"context"
	"iter"
	"runtime"
	"slices"
	"sync"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/copies"
	"github.com/busrt-go/busrt/ringbuf"
)

// Frame is a message, broadcast or publish that was received.
type Frame = codec.Received

// batchFrames is how many frames RecvBatch gives at most: views of a few hundred
// stay in the processor's cache.
const batchFrames = 512

// maxYields is how often a receiver that finds nothing lets others run before it
// parks. Where senders run on another core, one look is often a moment too early: a
// ping-pong between two cores takes 10 % less CPU with four than with one, a call
// 24 %; eight are no better.
const maxYields = 4

// inbox is the receiving side of an in-process client. What is queued is taken
// whole (ringbuf.Outbox.Take), and read from there.
type inbox struct {
	peer *peer
	bell bell

	mu      sync.Mutex
	taken   []ringbuf.Ref // from at on
	at      int
	rest    []byte             // of taken[at], not received yet
	waiting int                // receivers that wait for the bell
	batch   []Frame            // what RecvBatch gave
	viewed  []*ringbuf.Segment // what it views
	read    *ringbuf.Segment   // to its end: to be given back
	copier  copies.Copier      // for Recv
}

func (i *inbox) init(p *peer) { i.peer, i.bell = p, newBell() }

// Recv waits for the next frame. It is a copy, safe to keep: small payloads that
// came together share memory, so that whoever keeps one keeps up to 4 KiB. When
// the client has ended and nothing is queued any more, the error is that of
// [Client.Err].
func (c *Client) Recv(ctx context.Context) (f Frame, err error) {
	err = c.receive(ctx, &f)
	return f, err
}

// receive is Recv into f.
func (c *Client) receive(ctx context.Context, f *Frame) error {
	i := &c.inbox
	i.mu.Lock()
	if err := c.awaitLocked(ctx); err != nil {
		i.mu.Unlock()
		return err
	}
	i.skipLocked(i.copier.Frame(i.rest, f))
	if i.waiting > 0 {
		i.bell.ring()
	}
	i.mu.Unlock()
	return nil
}

// Frames goes through the frames as Recv does; an error is the last it yields.
func (c *Client) Frames(ctx context.Context) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		for {
			var f Frame
			err := c.receive(ctx, &f)
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// C gives the frames as Recv does, by a channel that is closed when the client
// has ended and the last frame was taken, or by Close. The first call starts a
// goroutine, which ends then.
func (c *Client) C() <-chan Frame { return c.copies.Open(c) }

// RecvBatch waits until there are frames and gives up to 512 of them, in their
// order, without allocating. They are views, texts and payloads alike, and the
// slice is used again: all die with the next RecvBatch. One goroutine at a time.
// Errors are those of Recv.
func (c *Client) RecvBatch(ctx context.Context) ([]Frame, error) {
	i := &c.inbox
	i.mu.Lock()
	defer i.mu.Unlock()
	for n, seg := range i.viewed {
		i.finishLocked(seg)
		i.viewed[n] = nil
	}
	i.batch, i.viewed = i.batch[:0], i.viewed[:0]
	if err := c.awaitLocked(ctx); err != nil {
		return nil, err
	}
	for len(i.batch) < batchFrames && i.rest != nil {
		i.viewLocked()
	}
	if i.rest != nil && i.waiting > 0 {
		i.bell.ring()
	}
	return i.batch, nil
}

// viewLocked gives views of frames of the segment whose turn it is, which the
// batch keeps alive.
func (i *inbox) viewLocked() {
	seg := i.taken[i.at].Seg
	i.viewed = append(i.viewed, seg)
	var last *Frame
	if n := len(i.batch); n > 0 {
		last = &i.batch[n-1]
	}
	for len(i.rest) > 0 {
		if len(i.batch) == batchFrames {
			seg.Retain(1) // what is left has a reference of its own
			return
		}
		i.batch = slices.Grow(i.batch, 1)[:len(i.batch)+1]
		f := &i.batch[len(i.batch)-1]
		i.rest = i.rest[copies.View(i.rest, f, last):]
		last = f
	}
	i.turnLocked()
}

// Tap has f look at every message that another in-process client sends from now
// on, and keep it from the queue by returning true. So calls and their replies
// spare the way through it. f runs on the goroutine of the sender: it must not
// wait, nor call the client's methods, and what it is shown dies when it returns.
// nil ends it.
func (c *Client) Tap(f func(*Frame) bool) {
	if f == nil {
		c.tap.Store(nil)
		return
	}
	c.tap.Store(&f)
}

// awaitLocked waits until a frame can be read. It lets go of mu meanwhile.
func (c *Client) awaitLocked(ctx context.Context) error {
	i := &c.inbox
	for range maxYields {
		if i.rest != nil || i.takeLocked(false) {
			return nil
		}
		i.mu.Unlock()
		runtime.Gosched() // who is about to send may do so: a fifth of the cost of parking
		i.mu.Lock()
	}
	for i.rest == nil {
		over := c.Err() // before the look: what came before the end is received
		if i.takeLocked(true) {
			return nil
		}
		if over != nil {
			i.bell.ring() // for the next one
			return over
		}
		i.waiting++
		i.mu.Unlock()
		var err error
		select {
		case <-i.bell:
		case <-ctx.Done():
			err = ctx.Err()
		}
		i.mu.Lock()
		i.waiting--
		if err != nil {
			return err
		}
	}
	return nil
}

// takeLocked takes what is queued; false if that is nothing, and wait has the
// bell rung for the next frame.
func (i *inbox) takeLocked(wait bool) bool {
	p := i.peer
	if p.out.stalled.Load() {
		p.out.stalled.Swap(false) // it receives: from now on it may hold senders up
	}
	if !wait && p.out.level.Load()&^shutBit == 0 { // nothing was admitted: there is no need to lock senders out
		return false
	}
	var c uint64
	i.taken, c = p.out.ring.Take(i.taken[:0], i.read, wait)
	i.read = nil
	if len(i.taken) == 0 {
		return false
	}
	i.at, i.rest = 0, i.taken[0].Seg.B
	p.written(int(levelBytes(c)), c)
	return true
}

// skipLocked goes on behind a frame of n bytes. Its segment may go.
func (i *inbox) skipLocked(n int) {
	if i.rest = i.rest[n:]; len(i.rest) == 0 {
		i.finishLocked(i.taken[i.at].Seg)
		i.turnLocked()
	}
}

// finishLocked keeps a segment that was read, for the next look to give back, and
// lets go of the one before.
func (i *inbox) finishLocked(seg *ringbuf.Segment) {
	if i.read != nil {
		i.read.Release()
	}
	i.read = seg
}

// turnLocked goes on to the next segment.
func (i *inbox) turnLocked() {
	i.taken[i.at] = ringbuf.Ref{}
	i.at++
	i.rest = nil
	if i.at < len(i.taken) {
		i.rest = i.taken[i.at].Seg.B
	}
}

// drop lets go of what was taken and not received; what RecvBatch gave stays
// until its next call.
func (i *inbox) drop() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for ; i.at < len(i.taken); i.at++ {
		i.taken[i.at].Seg.Release()
	}
	i.taken, i.rest, i.at = nil, nil, 0
	i.finishLocked(nil)
	for _, seg := range i.viewed {
		seg.Disown()
	}
}
