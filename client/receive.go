package client

import (
	"context"
	"iter"
	"slices"
	"sync"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/invariants"
)

// Frame is a message, broadcast or publish that was received.
type Frame = codec.Received

// Tap has f look at every message that arrives from now on, before it is
// queued, and keep it from the queue by returning true; broadcasts and publishes
// are not shown. So replies to calls spare the way through the queue. f runs on
// the reader: it must not wait, nor call what receives or waits for an ack, and
// what it is shown dies when it returns. nil ends it.
func (c *Client) Tap(f func(*Frame) bool) {
	if f == nil {
		c.tap.Store(nil)
		return
	}
	c.tap.Store(&f)
}

// Recv waits for the next frame. It is a copy of exact size, safe to keep. When
// the connection has ended and nothing is queued any more, the error is that of
// [Client.Err].
func (c *Client) Recv(ctx context.Context) (Frame, error) { return c.queue.pop(ctx) }

// Frames goes through the frames as Recv does; an error is the last it yields.
func (c *Client) Frames(ctx context.Context) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		for {
			f, err := c.Recv(ctx)
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// RecvBatch waits until there are frames and gives all of them, in their
// order, without allocating. They are views, texts and payloads alike, and
// the slice is used again: all die with the next RecvBatch. One goroutine at a
// time. Errors are those of Recv.
func (c *Client) RecvBatch(ctx context.Context) ([]Frame, error) {
	b := &c.batch
	invariants.Poison(b.bytes)
	bytes, n, err := c.queue.take(ctx, b.bytes)
	b.bytes = bytes
	if err != nil {
		return nil, err
	}
	b.frames = slices.Grow(b.frames[:0], n)[:n]
	for i := range b.frames {
		bytes = bytes[next(bytes, &b.frames[i]):]
	}
	return b.frames, nil
}

// batch is what the last RecvBatch gave.
type batch struct {
	bytes  []byte
	frames []Frame
}

// C gives the frames as Recv does, by a channel that is closed when the
// connection has ended and the last frame was taken, or by Close. The first
// call starts a goroutine, which ends then.
func (c *Client) C() <-chan Frame { return c.copies.channel(c) }

// copies is the goroutine behind C.
type copies struct {
	mu     sync.Mutex
	ch     chan Frame
	ctx    context.Context
	cancel context.CancelFunc
}

// channelSize is how many frames are copied ahead, to save switches.
const channelSize = 64

func (p *copies) channel(c *Client) <-chan Frame {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ch != nil {
		return p.ch
	}
	p.ch = make(chan Frame, channelSize)
	if p.ctx != nil { // Close, which waits for goroutines, has begun: this one is short
		go p.pump(c)
		return p.ch
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	c.goroutines.Go(func() { p.pump(c) })
	return p.ch
}

func (p *copies) pump(c *Client) {
	defer func() {
		<-c.done // so that Err tells why
		close(p.ch)
	}()
	for f, err := range c.Frames(p.ctx) {
		if err != nil {
			return
		}
		select {
		case p.ch <- f:
		case <-p.ctx.Done():
			return
		}
	}
}

// close ends the goroutine. Later calls of channel give a closed channel.
func (p *copies) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx == nil {
		p.ctx, p.cancel = context.WithCancel(context.Background())
	}
	p.cancel()
}
