package client

import (
	"context"
	"iter"
	"slices"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/copies"
	"github.com/busrt-go/busrt/internal/invariants"
)

// Frame is a message, broadcast or publish that was received.
type Frame = codec.Received

// Tap has f look at every message that arrives from now on, before it is
// queued, and keep it from the queue by returning true; broadcasts and publishes
// are not shown. So calls and their replies spare the way through the queue. f runs
// on the reader: it must not wait, nor call what receives or waits for an ack, and
// what it is shown dies when it returns. nil ends it.
func (c *Client) Tap(f func(*Frame) bool) {
	if f == nil {
		c.tap.Store(nil)
		return
	}
	c.tap.Store(&f)
}

// Recv waits for the next frame. It is a copy, safe to keep: small payloads that
// came together share memory, so that whoever keeps one keeps up to 4 KiB. When
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
	var last *Frame
	for i := range b.frames {
		bytes = bytes[copies.View(bytes, &b.frames[i], last):]
		last = &b.frames[i]
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
func (c *Client) C() <-chan Frame { return c.copies.Open(c) }
