package client

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"github.com/busrt-go/busrt/internal/copies"
)

// closeGrace is how long Close waits for the broker.
const closeGrace = time.Second

// Client is a connection to a broker under one name. Make one with [Dial], and
// Close it also after the connection has ended. Methods may be called by any
// goroutine.
type Client struct {
	options  Options
	conn     net.Conn
	out      writer
	confirms confirms
	queue    inbound
	reader   reader
	alive    keepAlive
	batch    batch
	copies   copies.Channel

	goroutines sync.WaitGroup
	closeOnce  sync.Once
	stopOnce   sync.Once
	stop       chan struct{} // closed: the reader is to end
	done       chan struct{} // closed: err is set, nothing goes on any more

	mu       sync.Mutex
	writeErr error // why nothing can be written any more
	reason   error // why there is an end, the first that was found
	err      error // the same, once it has come
}

// start makes a client of a connection that is past the handshake.
func start(conn net.Conn, o Options) *Client {
	c := &Client{options: o, conn: conn, stop: make(chan struct{}), done: make(chan struct{})}
	c.out.init(conn, o, c.writeFailed)
	c.confirms.init(c)
	c.queue.init(o)
	c.reader.init(c)
	c.goroutines.Go(c.out.loop)
	c.goroutines.Go(func() { c.end(c.reader.loop()) })
	c.alive.start(c)
	return c
}

// Name is the name under which the client is registered.
func (c *Client) Name() string { return c.options.Name }

// Done is closed when the connection has ended, for whatever reason.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err is nil as long as the connection lasts. Then it is [ErrClosed], or a
// [DisconnectedError].
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close writes what is buffered, leaves the broker and waits until that has let
// go of the name, for a second at most. Frames that were not received are lost.
// What waits in other methods fails with [ErrClosed]. Later calls wait for the
// first.
func (c *Client) Close() error {
	c.closeOnce.Do(c.leave)
	c.goroutines.Wait()
	c.copies.Wait()
	return nil
}

// leave says goodbye: a client that shuts its sending side down has left, and
// what it sent before counts [BUSRT-F9].
func (c *Client) leave() {
	grace := time.NewTimer(closeGrace)
	defer grace.Stop()
	c.because(ErrClosed)
	c.queue.lift(true)
	c.copies.Close()
	c.out.close()
	select {
	case <-c.out.idle:
		if half, ok := c.conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
			select {
			case <-c.done:
			case <-grace.C:
			}
		}
	case <-c.done:
	case <-grace.C:
	}
	c.abort(ErrClosed)
}

// writeFailed is told by the writer that the socket takes no more. What the
// broker sent before it closed is still received, then there is an end, or else
// a deadline.
func (c *Client) writeFailed(err error) {
	c.mu.Lock()
	c.writeErr = err
	c.mu.Unlock()
	c.queue.lift(false)
	_ = c.conn.SetReadDeadline(time.Now().Add(closeGrace))
}

// because sets the reason of an end that is about to come, unless there is one.
func (c *Client) because(reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason == nil {
		c.reason = reason
	}
}

// abort has the reader end, without further ado. Any goroutine.
func (c *Client) abort(reason error) {
	c.because(reason)
	c.stopOnce.Do(func() {
		close(c.stop)
		_ = c.conn.Close()
	})
}

// end is called once, by the reader, when it cannot go on: everything that
// waits is told why.
func (c *Client) end(cause error) {
	c.mu.Lock()
	if errors.Is(cause, os.ErrDeadlineExceeded) {
		cause = c.writeErr
	}
	c.mu.Unlock()
	c.abort(&DisconnectedError{Cause: cause})
	c.mu.Lock()
	c.err = c.reason
	err := c.err
	c.mu.Unlock()
	c.alive.stop()
	c.out.end(err)
	c.confirms.end(err)
	c.queue.end(err)
	close(c.done)
}
