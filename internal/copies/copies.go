// Package copies has what all kinds of clients need to hand out frames one by one:
// how they are copied, and the channel form, a goroutine that passes copies on.
package copies

import (
	"context"
	"iter"
	"sync"

	"github.com/busrt-go/busrt/codec"
)

// ahead is how many frames are copied ahead, to save switches.
const ahead = 64

// Channel is a client's. The zero value is ready. Methods may be called by any
// goroutine.
type Channel struct {
	mu     sync.Mutex
	ch     chan codec.Received
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// Source is where the frames come from: an iteration that ends with an error,
// and what is closed before the channel may be, so that whoever ranges over it
// can ask why.
type Source interface {
	Frames(ctx context.Context) iter.Seq2[codec.Received, error]
	Done() <-chan struct{}
}

// Open gives the channel, which is closed when from has ended and its last frame
// was taken, or by Close. The first call starts the goroutine.
func (c *Channel) Open(from Source) <-chan codec.Received {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ch != nil {
		return c.ch
	}
	c.ch = make(chan codec.Received, ahead)
	if c.ctx != nil { // closed: nobody may add to what Wait waits for, and this one is short
		go c.pump(from)
		return c.ch
	}
	c.prepareLocked()
	c.wg.Go(func() { c.pump(from) })
	return c.ch
}

func (c *Channel) prepareLocked() {
	if c.ctx == nil {
		c.ctx, c.cancel = context.WithCancel(context.Background())
	}
}

func (c *Channel) pump(from Source) {
	defer func() {
		<-from.Done()
		close(c.ch)
	}()
	for f, err := range from.Frames(c.ctx) {
		if err != nil {
			return
		}
		select {
		case c.ch <- f:
		case <-c.ctx.Done():
			return
		}
	}
}

// Close ends the goroutine; later calls of Open give a channel that is about to
// be closed. Wait, after the source has ended, waits for it.
func (c *Channel) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prepareLocked()
	c.cancel()
}

// Wait waits for the goroutine, after Close and the end of the source.
func (c *Channel) Wait() { c.wg.Wait() }
