package listeners

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// script is a poller that finds nothing: the test plays the events.
type script struct {
	t       testing.TB
	watched map[int]interest
	task    atomic.Pointer[func(any) error]
	armed   bool // to panic, once
}

func (p *script) watch(fd int, was, now interest) error {
	if p.watched[fd] != was {
		p.t.Errorf("descriptor %d: watched for %d, the loop thinks %d", fd, p.watched[fd], was)
	}
	if now == nothing {
		delete(p.watched, fd)
	} else {
		p.watched[fd] = now
	}
	if p.armed {
		p.armed = false
		panic("a test")
	}
	return nil
}

func (p *script) trigger(task func(any) error) error {
	p.task.Store(&task)
	return nil
}

func (p *script) run(func(int, interest)) error { return errors.New("not this one") }
func (p *script) close() error                  { return nil }

// byHand is an event loop that the test drives.
type byHand struct {
	*loop
	t     testing.TB
	polls *script
}

func newByHand(tb testing.TB, b *engine.Broker) *byHand {
	tb.Helper()
	polls := &script{t: tb, watched: make(map[int]interest)}
	log := slog.New(slog.DiscardHandler)
	l := &loop{
		log: log, poller: polls, guard: &guard{log: log}, ticks: newTicker(),
		done: make(chan struct{}), buf: make([]byte, readSize),
	}
	l.shard = b.NewShard(func() { l.call(callAttend) })
	h := &byHand{loop: l, t: tb, polls: polls}
	tb.Cleanup(func() {
		l.stop()
		h.work()
		if n := l.load.Load(); n != 0 || len(polls.watched) > 0 {
			tb.Errorf("%d connections are left, %v watched", n, polls.watched)
		}
	})
	return h
}

// work runs what the loop was called for, until there is no more.
func (h *byHand) work() {
	for {
		task := h.polls.task.Swap(nil)
		if task == nil {
			return
		}
		_ = (*task)(nil)
	}
}

// event plays one event, and what follows from it.
func (h *byHand) event(fd int, ready interest) {
	h.handle(fd, ready)
	h.work()
}

// pair gives the two ends of a connection, the broker's first.
func pair(tb testing.TB, network string) (fd int, c net.Conn) {
	tb.Helper()
	if network == networkUnix {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		check(tb, err)
		check(tb, unix.SetNonblock(fds[0], true))
		check(tb, unix.SetNonblock(fds[1], true))
		f := os.NewFile(uintptr(fds[1]), "peer")
		c, err = net.FileConn(f)
		check(tb, errors.Join(err, f.Close()))
		return fds[0], c
	}
	fd, at, err := listenTCP(tb.Context(), "", "127.0.0.1:0")
	check(tb, err)
	c, err = net.Dial("tcp", at.String())
	check(tb, err)
	for {
		s, _, err := accept(fd)
		if errors.Is(err, unix.EAGAIN) {
			continue // it is on its way
		}
		check(tb, err)
		check(tb, unix.Close(fd))
		return s, c
	}
}

// attach adopts one end of a new connection.
func (h *byHand) attach(network string) (fd int, peer net.Conn) {
	h.t.Helper()
	fd, peer = pair(h.t, network)
	kind := engine.KindLocalIPC
	if network == networkTCP {
		kind = engine.KindTCP
	}
	h.load.Add(1)
	h.adopt(fd, engine.Peer{Kind: kind}, nil)
	return fd, peer
}

// connect makes a client and registers it.
func (h *byHand) connect(t *testing.T, network, name string) (*conn, *client) {
	t.Helper()
	fd, peer := h.attach(network)
	t.Cleanup(func() { _ = peer.Close() })
	c := wired(t, peer)
	c.send(codec.AppendHello(codec.Greeting[:], name))
	h.event(fd, reading)
	c.bytes(0xEB, 1, 0, 1, 1)
	own, ok := h.sources[fd].(*conn)
	if !ok {
		t.Fatalf("%T is no connection", h.sources[fd])
	}
	return own, c
}

// flood has from send to the name to until that blocks and holds from up; it
// gives the payloads that are on their way.
func (h *byHand) flood(t *testing.T, own *conn, from *client, to string) (sent []string) {
	t.Helper()
	for own.session.WantsRead() {
		payload := strings.Repeat(string(rune('a'+len(sent)%26)), 30_000)
		from.message(to, payload)
		h.event(own.fd, reading)
		if sent = append(sent, payload); len(sent) > 10_000 {
			t.Fatal("it never pauses")
		}
	}
	return sent
}

// drain reads the payloads, playing the events of a receiver that takes again.
func (h *byHand) drain(own *conn, c *client, sender string, payloads []string) {
	c.t.Helper()
	read := make(chan struct{})
	go func() {
		defer close(read)
		for _, p := range payloads {
			c.got(codec.KindMessage, sender, "", p)
		}
	}()
	for {
		select {
		case <-read:
			return
		default:
			if h.polls.watched[own.fd]&writing != 0 {
				h.event(own.fd, writing)
			}
		}
	}
}
