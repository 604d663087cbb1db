package client

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// closeGrace is how long Close waits for the broker.
const closeGrace = time.Second

// link is one connection to a broker, from the end of the handshake on.
type link struct {
	options  Options
	conn     net.Conn
	out      writer
	confirms confirms
	queue    *inbound // the client's
	reader   reader
	alive    keepAlive

	stopOnce sync.Once
	stop     chan struct{} // closed: the reader is to end
	overOnce sync.Once
	done     chan struct{} // closed: nothing goes on any more
	replaced chan struct{} // closed: the client has another link

	mu       sync.Mutex
	writeErr error // why nothing can be written any more
	reason   error // why there is an end, the first that was found
}

func newLink(conn net.Conn, c *Client) *link {
	l := &link{
		options: c.options, conn: conn, queue: &c.queue,
		stop: make(chan struct{}), done: make(chan struct{}), replaced: make(chan struct{}),
	}
	l.out.init(conn, c.options, l.writeFailed)
	l.confirms.init(l)
	l.reader.init(l, &c.tap)
	return l
}

// leave says goodbye: a client that shuts its sending side down has left, and
// what it sent before counts [BUSRT-F9].
func (l *link) leave() {
	grace := time.NewTimer(closeGrace)
	defer grace.Stop()
	l.out.close()
	select {
	case <-l.out.idle:
		if half, ok := l.conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
			select {
			case <-l.done:
			case <-grace.C:
			}
		}
	case <-l.done:
	case <-grace.C:
	}
	l.abort(ErrClosed)
}

// writeFailed is told by the writer that the socket takes no more. What the
// broker sent before it closed is still received, then there is an end, or else
// a deadline.
func (l *link) writeFailed(err error) {
	l.mu.Lock()
	l.writeErr = err
	if l.reason == nil { // else the queue may be that of the next connection
		l.queue.lift(false)
	}
	l.mu.Unlock()
	_ = l.conn.SetReadDeadline(time.Now().Add(closeGrace))
}

// because sets the reason of an end that is about to come, unless there is one.
func (l *link) because(reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reason == nil {
		l.reason = reason
	}
}

// why is the reason of the end.
func (l *link) why() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reason
}

// abort has the reader end, without further ado. Any goroutine.
func (l *link) abort(reason error) {
	l.because(reason)
	l.stopOnce.Do(func() {
		close(l.stop)
		_ = l.conn.Close()
	})
}

// read reads until the connection has ended, and says why it has.
func (l *link) read() error {
	cause := l.reader.loop()
	l.mu.Lock()
	if errors.Is(cause, os.ErrDeadlineExceeded) {
		cause = l.writeErr
	}
	l.mu.Unlock()
	l.abort(&DisconnectedError{Cause: cause})
	return l.why()
}

// tell tells everything that waits for the connection, or will, why it has
// ended. Called again, with another reason, only the latter.
func (l *link) tell(err error) {
	l.out.refuse(err)
	l.confirms.end(err)
	l.overOnce.Do(func() {
		l.alive.stop()
		close(l.out.quit)
		close(l.done)
	})
}
