package listeners

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// path is the way of frames through real sockets, driven by hand: a sender and
// some receivers, what the sender writes, and who gets something.
type path struct {
	t      testing.TB
	from   *byHand
	fd     int // the broker's end of the sender
	peer   int // and its own
	frames []byte
	out    []int // peers that get something for the frames
	buf    []byte
}

// rawPeer attaches a socket pair and registers it; it gives both ends.
func rawPeer(tb testing.TB, h *byHand, name string) (fd, peer int) {
	tb.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	check(tb, err)
	fd, peer = fds[0], fds[1]
	check(tb, errors.Join(unix.SetNonblock(fd, true), unix.SetNonblock(peer, true)))
	tb.Cleanup(func() { _ = unix.Close(peer) })
	h.load.Add(1)
	h.adopt(fd, engine.Peer{Kind: engine.KindLocalIPC}, nil)
	_, err = unix.Write(peer, codec.AppendHello(codec.Greeting[:], name))
	check(tb, err)
	h.event(fd, reading)
	answer := make([]byte, 100)
	if n, err := unix.Read(peer, answer); n != 5 || err != nil || answer[4] != byte(codec.OK) {
		tb.Fatalf("%s is answered % x, %v", name, answer[:max(n, 0)], err)
	}
	return fd, peer
}

// newPath makes a sender and the receivers, which subscribe to "t", on as many
// loops. burst times the frame is what the sender writes at once.
func newPath(tb testing.TB, loops int, op operation, burst int) *path {
	tb.Helper()
	b, err := engine.New(engine.Options{Timeout: patience})
	check(tb, err)
	p := &path{t: tb, buf: make([]byte, 1<<20)}
	var hands []*byHand
	for range loops {
		hands = append(hands, newByHand(tb, b))
	}
	p.from = hands[0]
	p.fd, p.peer = rawPeer(tb, p.from, "from")
	for i := range op.n {
		h := hands[(i+1)%loops]
		fd, peer := rawPeer(tb, h, fmt.Sprint("to.", i))
		_, err := unix.Write(peer, codec.AppendTopics(nil, 0, codec.OpSubscribe, codec.QoSNo, "t"))
		check(tb, err)
		h.event(fd, reading)
		p.out = append(p.out, peer)
	}
	if op.acked {
		p.out = append(p.out, p.peer)
	}
	for range burst {
		p.frames = append(p.frames, op.frame...)
	}
	return p
}

// run sends the frames and receives what comes of them.
func (p *path) run() {
	if n, err := unix.Write(p.peer, p.frames); n != len(p.frames) {
		p.t.Fatal(n, err)
	}
	p.from.handle(p.fd, reading)
	for _, fd := range p.out {
		if n, err := unix.Read(fd, p.buf); n <= 0 {
			p.t.Fatal(n, err)
		}
	}
}

// operation is one that carries frames, or a ping.
type operation struct {
	name  string
	n     int // receivers
	frame []byte
	acked bool
}

// operations of a client whose payload is 100 bytes.
func operations() []operation {
	all := []operation{{name: "ping", frame: codec.AppendPing(nil)}}
	payload := make([]byte, 100)
	for _, q := range []codec.QoS{codec.QoSNo, codec.QoSProcessed} {
		add := func(name string, n int, frame []byte) {
			if q.NeedsAck() {
				name += "+ack"
			}
			all = append(all, operation{name, n, frame, q.NeedsAck()})
		}
		add("message", 1, codec.AppendFrame(nil, 1, codec.OpMessage, q, "to.0", payload))
		add("broadcast", 1, codec.AppendFrame(nil, 1, codec.OpBroadcast, q, "to.*", payload))
		add("broadcast×10", 10, codec.AppendFrame(nil, 1, codec.OpBroadcast, q, "to.*", payload))
		add("publish", 1, codec.AppendFrame(nil, 1, codec.OpPublish, q, "t", payload))
		add("publish×10", 10, codec.AppendFrame(nil, 1, codec.OpPublish, q, "t", payload))
		add("publish_for", 1, codec.AppendPublishFor(nil, 1, q, "t", "to.0", payload))
	}
	return all
}

// BenchmarkPath is what an operation costs from the sender's write to the
// receivers' reads, the system calls of all of them included; burst frames each
// time.
func BenchmarkPath(b *testing.B) {
	for _, burst := range []int{1, 100} {
		for _, op := range operations() {
			b.Run(fmt.Sprintf("%s/burst=%d", op.name, burst), func(b *testing.B) {
				p := newPath(b, 1, op, burst)
				for b.Loop() {
					p.run()
				}
				b.ReportMetric(float64(b.N)*float64(burst)/b.Elapsed().Seconds(), "frames/s")
			})
		}
	}
}

// BenchmarkPair is a frame there and an answer back between two clients.
func BenchmarkPair(b *testing.B) {
	payload := make([]byte, 100)
	there := newPath(b, 1, operation{n: 1, frame: codec.AppendFrame(nil, 1, codec.OpMessage, codec.QoSNo, "to.0", payload)}, 1)
	var back *conn
	for _, s := range there.from.sources {
		if c, ok := s.(*conn); ok && c.fd != there.fd {
			back = c
		}
	}
	answer := codec.AppendFrame(nil, 1, codec.OpMessage, codec.QoSNo, "from", payload)
	for b.Loop() {
		there.run()
		if _, err := unix.Write(there.out[0], answer); err != nil {
			b.Fatal(err)
		}
		there.from.handle(back.fd, reading)
		if _, err := unix.Read(there.peer, there.buf); err != nil {
			b.Fatal(err)
		}
	}
}
