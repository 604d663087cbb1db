package listeners

import (
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// panicking is a connection that panics at the end of its next event's reading.
type panicking struct{ *conn }

func (p panicking) ready(interest) {
	p.read(readsPerEvent)
	panic("a test")
}

// only gives the one connection of a loop. Loop only.
func (l *loop) only() (found *conn) {
	for _, s := range l.sources {
		if c, ok := s.(*conn); ok {
			found = c
		}
	}
	return found
}

// TestPanic: a panic in a callback ends the session it was about, and nothing
// else: what the event had staged is handed over, and the others go on.
//
// Mutants it fails with: handle without rescue; rescue without abort.
func TestPanic(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{}, Options{Loops: 1})
			x := connect(t, b.at, "x")
			l := b.loops[0]
			l.do(func() {
				c := l.only()
				l.enter(c.fd, panicking{c})
			})
			y := connect(t, b.at, "y")
			x.message("y", "last words")
			y.got(codec.KindMessage, "x", "", "last words")
			x.ended()
			y.message("y", "alive")
			y.got(codec.KindMessage, "y", "", "alive")
			if n := l.sessions(); n != 1 {
				t.Errorf("%d sessions, want that of y", n)
			}
		})
	}
}

// TestPanicHandsOver: nothing of the event waits for the next one.
//
// Mutant it fails with: rescue without its flush.
func TestPanicHandsOver(t *testing.T) {
	b, err := engine.New(engine.Options{Timeout: patience})
	check(t, err)
	h := newByHand(t, b)
	xc, x := h.connect(t, networkUnix, "x")
	yc, y := h.connect(t, networkUnix, "y")
	h.enter(xc.fd, panicking{xc})
	x.message("y", "last words")
	h.handle(xc.fd, reading)
	if _, _, err := unix.Recvfrom(fdOf(t, y), make([]byte, 1), unix.MSG_PEEK); err != nil {
		t.Errorf("nothing was handed over: %v", err)
	}
	if !xc.session.Closed() || yc.session.Closed() {
		t.Error("not x but y was closed")
	}
}

// fdOf gives the descriptor of a client, for a look without waiting.
func fdOf(t *testing.T, c *client) (fd int) {
	t.Helper()
	sc, ok := c.Conn.(syscall.Conn)
	if !ok {
		t.Fatalf("%T has no descriptor", c.Conn)
	}
	raw, err := sc.SyscallConn()
	check(t, err)
	check(t, raw.Control(func(s uintptr) { fd = int(s) }))
	return fd
}

// TestPanicInJob: the jobs behind it are done, and so are ticks.
func TestPanicInJob(t *testing.T) {
	b := serve(t, networkUnix, engine.Options{}, Options{Loops: 1})
	b.loops[0].post(func() { panic("a test") })
	if !b.loops[0].do(func() {}) {
		t.Error("the loop has ended")
	}
	connect(t, b.at, "x")
}

// TestPanicInMeeting: a connection that is given up before it is watched is closed.
//
// Mutant it fails with: meet without rescue.
func TestPanicInMeeting(t *testing.T) {
	b, err := engine.New(engine.Options{Timeout: patience})
	check(t, err)
	h := newByHand(t, b)
	fd, x := pair(t, networkUnix)
	t.Cleanup(func() { _ = x.Close() })
	h.load.Add(1)
	h.polls.armed = true
	h.adopt(fd, engine.Peer{}, nil)
	if n := h.shard.Sessions(); n != 0 || h.polls.armed {
		t.Errorf("%d connections, not panicked yet: %t", n, h.polls.armed)
	}
}

// brittle is a connection that panics when the engine settles it, once.
type brittle struct {
	*conn
	armed bool
}

func (c *brittle) Settle() {
	if c.armed {
		c.armed = false
		panic("a test")
	}
	c.conn.Settle()
}

// TestPanicInMailbox: mail that lies behind the one that made the loop panic is
// not forgotten.
//
// Mutant it fails with: attend that does not call the loop again.
func TestPanicInMailbox(t *testing.T) {
	b, err := engine.New(engine.Options{Timeout: patience, QueueFrames: 16})
	check(t, err)
	h := newByHand(t, b)
	yc, y := pair(t, networkUnix)
	t.Cleanup(func() { _ = y.Close() })
	weak := &brittle{conn: &conn{fd: yc, loop: h.loop}}
	h.load.Add(1)
	h.enter(yc, weak)
	weak.session = h.shard.Attach(weak, engine.Peer{})
	weak.session.Greet()
	weak.Settle()
	c := wired(t, y)
	c.send(codec.AppendHello(codec.Greeting[:], "y"))
	h.event(yc, reading)

	zc, _ := h.connect(t, networkUnix, "z")
	weak.armed = true
	for _, to := range []string{"y", "z"} {
		from, x := h.connect(t, networkUnix, "to-"+to)
		for from.session.WantsRead() { // until the receiver is full: its wish is mail
			x.message(to, strings.Repeat("p", 30_000))
			h.handle(from.fd, reading)
		}
	}
	h.work()
	if weak.armed {
		t.Fatal("nothing has panicked")
	}
	if got := h.polls.watched[zc.fd]; got != both {
		t.Errorf("the receiver behind it is watched for %d", got)
	}
}

// TestTooManyPanics are told about, once.
func TestTooManyPanics(t *testing.T) {
	told := make(chan error, 8)
	b := serve(t, networkUnix, engine.Options{}, Options{Loops: 2, OnFatal: func(err error) { told <- err }})
	for i := range panicsAllowed {
		b.loops[i%2].post(func() { panic("a test") })
	}
	for _, l := range b.loops {
		l.do(func() {})
	}
	select {
	case err := <-told:
		t.Fatalf("told too early: %v", err)
	default:
	}
	for range 3 {
		b.loops[0].post(func() { panic("one more") })
	}
	b.loops[0].do(func() {})
	if err := <-told; !strings.HasPrefix(err.Error(), "busrt: ") || !strings.Contains(err.Error(), "one more") {
		t.Errorf("told %v", err)
	}
	connect(t, b.at, "x") // whoever was told decides what becomes of it
	if len(told) > 0 {
		t.Errorf("told again: %v", <-told)
	}
}
