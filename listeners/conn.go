package listeners

import (
	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/engine"
)

// readsPerEvent is how often a loop reads from one connection before it looks
// at the next: 256 KiB if they are full.
const readsPerEvent = 4

// conn is a connected socket, the [engine.Transport] of its session. Its loop
// reads, watches and closes it; whoever holds the writer token writes.
type conn struct {
	fd      int // set once; open until Close
	tcp     bool
	closed  bool
	watched interest
	loop    *loop
	session *engine.Session
	visitor *visitor // whose connections are counted; nil: nobody's
}

// adopt makes fd, a connected socket, a connection of the loop, which was
// counted as its load already.
func (l *loop) adopt(fd int, info engine.Peer, v *visitor) {
	c := &conn{fd: fd, tcp: info.Kind == engine.KindTCP, loop: l, visitor: v}
	l.enter(fd, c)
	c.session = l.shard.Attach(c, info)
	c.meet()
}

// meet answers the handshake of a client that has said its part already, and
// greets any other.
func (c *conn) meet() {
	defer c.loop.rescue(c)
	c.read(1)
	c.session.Greet()
	c.loop.shard.Flush()
	c.Settle()
	c.loop.hurry()
}

// ready serves an event.
func (c *conn) ready(ready interest) {
	s := c.session
	if ready&writing != 0 && s.WantsWrite() {
		s.Writable()
	}
	more := false
	if ready&reading != 0 && s.WantsRead() {
		more = c.read(readsPerEvent)
	}
	c.loop.shard.Flush()
	c.Settle()
	if edge && more && c.watched&reading != 0 {
		_ = c.loop.poller.watch(c.fd, c.watched, c.watched)
	}
	c.loop.hurry()
}

// read feeds the session with what has come, so many buffers at most. more: there
// may be more to read.
func (c *conn) read(buffers int) (more bool) {
	s := c.session
	for range buffers {
		buf, room := c.loop.buf, s.Room()
		if room != nil {
			buf = room[:min(len(room), len(buf))]
		}
		n, errno := readRaw(c.fd, buf)
		switch {
		case n > 0:
			if room != nil {
				s.Filled(n)
			} else {
				s.Received(buf[:n])
			}
			c.loop.shard.Flush() // not only at the end: receivers work meanwhile, +25 % one to one
			if n < len(buf) {
				s.Dry()
				return true // the end of the stream, for one
			}
		case errno == unix.EAGAIN:
			s.Dry()
			return false
		default: // the peer has closed, or reset, or the network has failed
			s.PeerLeft()
			return false
		}
		if !s.WantsRead() {
			return true
		}
	}
	return true
}

// Settle implements [engine.Transport].
func (c *conn) Settle() {
	if c.closed {
		return
	}
	var now interest
	if c.session.WantsRead() {
		now = reading
	}
	if c.session.WantsWrite() {
		now |= writing
	}
	if now == c.watched {
		return
	}
	was := c.watched
	c.watched = now
	if err := c.loop.poller.watch(c.fd, was, now); err != nil {
		c.loop.log.Error("connection cannot be watched", "error", err)
		c.session.Abort()
	}
}

// Write implements [engine.Transport]. It touches nothing but the descriptor.
func (c *conn) Write(bufs [][]byte) (n int, err error) {
	n, errno := writeRaw(c.fd, bufs)
	if errno != 0 {
		return n, errno
	}
	return n, nil
}

// HungUp implements [engine.Transport].
func (c *conn) HungUp() bool { return !c.closed && hungUp(c.fd) }

// ReadOut implements [engine.Transport].
func (c *conn) ReadOut() {
	for more := true; more && c.session.WantsRead(); {
		more = c.read(readsPerEvent)
	}
}

// Unsent implements [engine.Transport]. What a unix socket has taken arrives,
// closed or not.
func (c *conn) Unsent() int {
	if !c.tcp || c.closed {
		return 0
	}
	return unsent(c.fd)
}

// Close implements [engine.Transport]. A unix socket has no reset.
func (c *conn) Close(reset bool) {
	c.closed = true
	c.loop.leave(c.fd)
	if c.watched != nothing {
		_ = c.loop.poller.watch(c.fd, c.watched, nothing) // close does it too, unless a child is being forked
		c.watched = nothing
	}
	if reset && c.tcp {
		_ = unix.SetsockoptLinger(c.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	_ = unix.Close(c.fd)
	c.loop.load.Add(-1)
	if c.visitor != nil {
		c.loop.admission.leave(c.visitor)
	}
}

// abort gives the connection up after a panic.
func (c *conn) abort() {
	c.session.Panicked()
	c.Settle()
}
