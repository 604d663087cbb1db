package listeners

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// TestReusedDescriptor: events of a batch that name a descriptor which was
// closed since, or closed and given to another connection, do no harm.
//
// Mutants it fails with: ready that ends the session when the event claims a
// hang-up; read that takes EAGAIN for the end; Close that leaves the number in
// the loop's table while the descriptor is closed.
func TestReusedDescriptor(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			b, err := engine.New(engine.Options{Timeout: patience})
			check(t, err)
			h := newByHand(t, b)
			xc, x := h.connect(t, network, "x")
			fd := xc.fd
			check(t, x.Close())
			eventually(t, "the end of x", func() bool {
				h.event(fd, both)
				return xc.session.Closed()
			})
			if h.sources[fd] != nil {
				t.Error("the loop still knows the closed descriptor")
			}
			h.event(fd, both) // stale, for nobody
			h.event(1<<20, both)

			yc, y := h.connect(t, network, "y")
			if yc.fd != fd {
				moveTo(t, h, yc, fd)
			}
			h.event(fd, both) // stale, for the predecessor
			xc.Settle()       // so is a wish that comes late
			if yc.session.Closed() || h.polls.watched[fd] != reading {
				t.Fatalf("closed: %v, watched for %d", yc.session.Closed(), h.polls.watched[fd])
			}
			y.message("y", "alive")
			unread(t, fd)
			h.event(fd, reading)
			y.got(codec.KindMessage, "y", "", "alive")
		})
	}
}

// moveTo gives a connection the number that the test needs; the kernel hands
// out the lowest, which another one had taken meanwhile.
func moveTo(t *testing.T, h *byHand, c *conn, fd int) {
	t.Helper()
	got, err := unix.FcntlInt(uintptr(c.fd), unix.F_DUPFD_CLOEXEC, fd) // the lowest from fd on
	if err != nil || got != fd {
		t.Fatalf("duplicated to %d (%v), want %d", got, err, fd)
	}
	check(t, unix.Close(c.fd))
	h.leave(c.fd)
	h.polls.watched[fd] = h.polls.watched[c.fd]
	delete(h.polls.watched, c.fd)
	c.fd = fd
	h.enter(fd, c)
}

// gated is a connection whose writes wait for the test.
type gated struct {
	*conn
	entered chan int // bytes, when a write begins
	open    chan struct{}
	blocked bool // set while nobody writes
}

func (g *gated) Write(bufs [][]byte) (int, error) {
	if g.blocked {
		n := 0
		for _, b := range bufs {
			n += len(b)
		}
		g.entered <- n
		<-g.open
	}
	return g.conn.Write(bufs)
}

// TestWriterToken: a foreign loop writes to a session. As long as it is at it,
// nobody else writes, and the owner that wants to close does not: the number
// must not get a successor.
//
// Mutants it fails with: Session.close that goes on without the token (engine);
// abort that closes the descriptor by itself; Outbox.Push that gives the token
// to everybody (ringbuf).
func TestWriterToken(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			b, err := engine.New(engine.Options{Timeout: patience})
			check(t, err)
			owner, foreign, third := newByHand(t, b), newByHand(t, b), newByHand(t, b)
			xc, x := foreign.connect(t, network, "x")
			zc, z := third.connect(t, network, "z")

			fd, peer := pair(t, network)
			y := wired(t, peer)
			t.Cleanup(func() { _ = peer.Close() })
			g := &gated{conn: &conn{fd: fd, loop: owner.loop}, entered: make(chan int, 8), open: make(chan struct{})}
			owner.load.Add(1)
			owner.enter(fd, g)
			g.session = owner.shard.Attach(g, engine.Peer{})
			g.session.Greet()
			g.Settle()
			y.send(codec.AppendHello(codec.Greeting[:], "y"))
			owner.event(fd, reading)
			y.bytes(0xEB, 1, 0, 1, 1)

			g.blocked = true
			x.message("y", "from afar")
			unread(t, xc.fd)
			written := make(chan struct{})
			go func() {
				defer close(written)
				foreign.event(xc.fd, reading)
			}()
			<-g.entered

			z.message("y", "behind it")
			unread(t, zc.fd)
			done := make(chan struct{})
			go func() {
				defer close(done)
				third.event(zc.fd, reading)
			}()
			select {
			case <-g.entered:
				t.Error("two write at once")
			case <-done:
			}

			g.abort()
			owner.work()
			if g.session.Closed() || g.closed {
				t.Error("closed while another loop writes")
			}
			if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil {
				t.Errorf("the descriptor is not open: %v", err)
			}
			close(g.open)
			<-written
			<-done
			owner.work()
			if !g.session.Closed() || !g.closed {
				t.Error("not closed when the writer was done")
			}
			if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); !errors.Is(err, unix.EBADF) {
				t.Errorf("the descriptor is still open: %v", err)
			}
			y.got(codec.KindMessage, "x", "", "from afar")
		})
	}
}

// TestNamesAtOnce: connections come and go under few names, so that numbers and
// names are used again at once, while others write to them from all loops.
// Nobody gets what was meant for a predecessor, and no name is ever refused
// [BUSRT-H11].
func TestNamesAtOnce(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{}, Options{Loops: 3})
			stop := make(chan struct{})
			var senders, receivers sync.WaitGroup
			for s := range 2 {
				x := connect(t, b.at, fmt.Sprint("sender", s))
				senders.Go(func() { bombard(x, stop) })
			}
			for r := range 4 {
				receivers.Go(func() { comeAndGo(t, b, fmt.Sprint("r", r), 50) })
			}
			receivers.Wait()
			close(stop)
			senders.Wait()
		})
	}
}

// bombard sends to all names; each payload says for whom it is.
func bombard(x *client, stop <-chan struct{}) {
	for {
		var frames []byte
		for r := range 4 {
			name := fmt.Sprint("r", r)
			for range 8 {
				frames = codec.AppendFrame(frames, 0, codec.OpMessage, codec.QoSNo, name, []byte("for "+name))
			}
		}
		select {
		case <-stop:
			return
		default:
		}
		if _, err := x.Write(frames); err != nil {
			return
		}
	}
}

// comeAndGo registers and leaves, again and again.
func comeAndGo(t *testing.T, b *bus, name string, times int) {
	t.Helper()
	for range times {
		c := dial(t, b.at)
		if code := c.hello(name); code != codec.OK {
			t.Errorf("%s was refused: %v", name, code)
		}
		for range 3 {
			if d := c.next(); string(d.Payload) != "for "+name {
				t.Errorf("%s got %q of %q", name, d.Payload, d.Sender)
			}
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}
