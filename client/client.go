package client

import (
	"net"
	"sync"
	"sync/atomic"

	"github.com/busrt-go/busrt/internal/copies"
)

// Client is a connection to a broker under one name, or, with
// [Options.Reconnect], one after the other. Make one with [Dial], and Close it
// also after it has ended. Methods may be called by any goroutine.
type Client struct {
	options Options
	place   place
	link    atomic.Pointer[link] // the connection there is, or was last
	queue   inbound
	tap     atomic.Pointer[func(*Frame) bool]
	batch   batch
	copies  copies.Channel
	keeper  *keeper // nil: the first connection is the only one

	secondaries atomic.Uint32 // how many numbers were given away
	goroutines  sync.WaitGroup
	closeOnce   sync.Once
	done        chan struct{} // closed: err is set, nothing goes on any more

	mu     sync.Mutex
	closed bool  // by Close: no link any more
	err    error // why there is an end
}

// start makes a client of a connection that is past the handshake.
func start(conn net.Conn, p place, o Options) *Client {
	c := &Client{options: o, place: p, done: make(chan struct{})}
	c.queue.init(o)
	l := c.attach(conn)
	c.link.Store(l)
	if o.Reconnect == nil {
		c.goroutines.Go(func() { c.finish(l.read()) })
		return c
	}
	c.keeper = newKeeper(c)
	c.goroutines.Go(func() { l.tell(l.read()) })
	c.goroutines.Go(func() { c.keeper.keep(l) })
	return c
}

// attach makes a link of a connection, all of it but its reader at work.
func (c *Client) attach(conn net.Conn) *link {
	l := newLink(conn, c)
	c.goroutines.Go(l.out.loop)
	l.alive.start(l)
	return l
}

// Name is the name under which the client is registered.
func (c *Client) Name() string { return c.options.Name }

// Done is closed when the client has ended: by Close, with its connection, or,
// with [Options.Reconnect], when there will be no other.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err is nil until the client has ended. Then it is [ErrClosed], or a
// [DisconnectedError].
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close writes what is buffered, leaves the broker and waits until that has let
// go of the name, for a second at most. Frames that were not received are lost.
// What waits in other methods fails with [ErrClosed]. Later calls wait for the
// first. Not to be called by what runs on a goroutine of the client.
func (c *Client) Close() error {
	c.closeOnce.Do(c.leave)
	c.goroutines.Wait()
	c.copies.Wait()
	return nil
}

func (c *Client) leave() {
	c.mu.Lock()
	c.closed = true
	l := c.link.Load()
	c.mu.Unlock()
	l.because(ErrClosed)
	if c.keeper != nil {
		c.keeper.cancel()
	}
	c.queue.lift(true)
	c.copies.Close()
	l.leave()
}

// adopt makes l the connection that is used; false if Close was called.
func (c *Client) adopt(l *link) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		close(c.link.Swap(l).replaced)
	}
	return !c.closed
}

// finish is called once, when there is no connection and will be none:
// everything that waits is told why.
func (c *Client) finish(err error) {
	c.mu.Lock()
	c.err = err
	c.mu.Unlock()
	c.link.Load().tell(err)
	c.queue.end(err)
	close(c.done)
}
