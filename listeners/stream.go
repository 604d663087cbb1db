package listeners

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/engine"
)

// closeGrace is how long a connection may take to say goodbye.
const closeGrace = time.Second

// stream is a connection with goroutines, the [engine.Transport] of its session:
// one reads, and while there is something to write another one writes. They wait
// for the peer outside the lock of the strand.
type stream struct {
	strand  *strand
	conn    net.Conn // as bytes are read and written
	ground  net.Conn // what conn is built upon: a socket, as a rule
	session *engine.Session
	visitor *visitor // as that of a conn
	out     outlet

	closed  bool      // guarded by the strand's lock
	resumed sync.Cond // it may be read again, or is closed
}

// errRefused is what ServeConn gives for a peer with too many connections.
var errRefused = errors.New("busrt: too many connections of one peer")

// attach makes conn, which is built upon ground, a stream. The streams' ends
// close it; attach does, if it gives an error.
func (st *strand) attach(conn, ground net.Conn, info engine.Peer) error {
	s := &stream{strand: st, conn: conn, ground: ground}
	s.resumed.L = &st.mu
	s.out.stream = s
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.mu.refusing {
		_ = ground.Close()
		return ErrShutdown
	}
	v, why, ok := st.admission.enter(info.Identity)
	if !ok {
		_ = ground.Close()
		st.admission.broker.Refused(info, why)
		return errRefused
	}
	s.visitor = v
	s.session = st.mu.shard.Attach(s, info)
	s.session.Greet()
	st.streams.Go(s.read)
	return nil
}

// do runs f as the loop of the session, unless that is closed, and settles what
// follows from it.
func (s *stream) do(f func()) {
	st := s.strand
	st.mu.Lock()
	defer st.mu.Unlock()
	if s.closed {
		return
	}
	st.guardedLocked(s, func() {
		f()
		st.mu.shard.Flush()
	})
	st.hurryLocked()
}

// smallRead is the buffer of a stream that has nothing to say; one that has gets
// one of readSize bytes as long as that lasts.
const smallRead = 512

// buffers are of readSize bytes.
var buffers = sync.Pool{New: func() any { return new([readSize]byte) }}

func buffer() *[readSize]byte {
	b, _ := buffers.Get().(*[readSize]byte)
	return b
}

// read is the goroutine that feeds the session until that is closed, or there is
// nothing more to read.
func (s *stream) read() {
	small := make([]byte, smallRead)
	var large *[readSize]byte
	for ended := false; !ended && s.awaitTurn(); {
		b := small
		if large != nil {
			b = large[:]
		}
		n, err := s.conn.Read(b)
		s.do(func() { s.received(b[:n], n < len(b), err) })
		ended = err != nil
		switch {
		case n == smallRead && large == nil:
			large = buffer()
		case n < smallRead && large != nil:
			buffers.Put(large)
			large = nil
		}
	}
	if large != nil {
		buffers.Put(large)
	}
}

func (s *stream) received(b []byte, dry bool, err error) {
	if len(b) > 0 {
		s.session.Received(b)
	}
	switch {
	case err != nil: // the peer has closed, or the network has failed
		s.session.PeerLeft()
	case dry:
		s.session.Dry()
	}
}

// awaitTurn returns when the session wants to be read; false if it is closed.
func (s *stream) awaitTurn() bool {
	s.strand.mu.Lock()
	defer s.strand.mu.Unlock()
	for !s.closed && !s.session.WantsRead() {
		s.resumed.Wait()
	}
	return !s.closed
}

// writable passes on what waits, after the outlet has got room.
func (s *stream) writable() { s.do(func() { s.session.Writable() }) }

// Settle implements [engine.Transport]. The outlet tells by itself when it has
// room.
func (s *stream) Settle() {
	if s.session.WantsRead() {
		s.resumed.Signal()
	}
}

// Write implements [engine.Transport].
func (s *stream) Write(bufs [][]byte) (n int, err error) { return s.out.write(bufs) }

// HungUp implements [engine.Transport]. What has no descriptor cannot tell.
func (s *stream) HungUp() bool {
	is := false
	open := s.control(func(fd int) { is = hungUp(fd) })
	return is || !open
}

// ReadOut implements [engine.Transport]: the reader comes to the end by itself.
func (s *stream) ReadOut() {}

// Unsent implements [engine.Transport].
func (s *stream) Unsent() int {
	n := s.out.unsent()
	if _, tcp := s.ground.(*net.TCPConn); tcp {
		s.control(func(fd int) { n += unsent(fd) })
	}
	return n
}

// control shows the descriptor to f, if there is one. false: it is closed.
func (s *stream) control(f func(fd int)) (open bool) {
	sc, ok := s.ground.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	return raw.Control(func(fd uintptr) { f(int(fd)) }) == nil
}

// Close implements [engine.Transport]. It waits for nobody: what the outlet has
// is still written [BUSRT-B7], and goodbye said, on goroutines.
func (s *stream) Close(reset bool) {
	s.closed = true
	s.resumed.Signal()
	if s.visitor != nil {
		s.strand.admission.leave(s.visitor)
	}
	if reset {
		s.strand.streams.Go(s.cut)
		return
	}
	_ = s.ground.SetWriteDeadline(time.Now().Add(closeGrace))
	s.out.end()
}

// cut closes with a reset, if it can.
func (s *stream) cut() {
	s.control(func(fd int) { _ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}) })
	_ = s.ground.Close()
	_ = s.conn.Close() // what it is built of
}

// leave closes in order: TLS and WebSocket have something to say.
func (s *stream) leave() {
	late := time.AfterFunc(closeGrace, func() { _ = s.ground.Close() })
	defer late.Stop()
	if polite, ok := s.conn.(interface{ Finish() error }); ok {
		_ = polite.Finish()
	}
	_ = s.conn.Close()
	_ = s.ground.Close()
}
