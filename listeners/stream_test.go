package listeners

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// TestStreamPause: a stream that is held up is read again when its receiver has
// taken enough; nothing is lost or out of order [BUSRT-O17].
//
// Mutant it fails with: Settle without Signal.
func TestStreamPause(t *testing.T) {
	for _, network := range streams {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, flowOptions, Options{Loops: 1})
			x, y := connect(t, b.at, "x"), connect(t, b.at, "y")
			const frames = 400 // far more than sockets hold
			payload := make([]byte, 30_000)
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				for n := range uint64(frames) {
					copy(payload, number(n))
					if _, err := x.Write(codec.AppendFrame(nil, 0, codec.OpMessage, codec.QoSNo, "y", payload)); err != nil {
						return // the reader says what is missing
					}
				}
			}()
			eventually(t, "a pause", func() bool { return b.strand.hurried.Load() })
			for n := range uint64(frames) {
				if d := y.next(); string(d.Payload[:8]) != string(number(n)) {
					t.Fatalf("frame %d is % x", n, d.Payload[:8])
				}
			}
			<-sent
		})
	}
}

// TestStreamNotReadInPause: what is written to a pipe is read, or not.
//
// Mutant it fails with: awaitTurn that does not wait.
func TestStreamNotReadInPause(t *testing.T) {
	b := serve(t, networkPipe, flowOptions, Options{Loops: 1})
	x := connect(t, b.at, "x")
	connect(t, b.at, "y")
	for n := uint32(0); !b.strand.hurried.Load(); n++ {
		x.send(codec.AppendFrame(nil, n, codec.OpMessage, codec.QoSProcessed, "y", make([]byte, 30_000)))
		x.acked(n, codec.OK)
	}
	check(t, x.SetWriteDeadline(time.Now().Add(50*time.Millisecond)))
	if n, err := x.Write(codec.AppendPing(nil)); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes were read, %v", n, err)
	}
}

// TestStreamStalls: a receiver that takes nothing is cut off by T3, though its
// stream took some, and the others do not wait for it [BUSRT-T3] [BUSRT-O17].
func TestStreamStalls(t *testing.T) {
	for _, network := range streams {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{QueueBytes: 64 << 20}, Options{Loops: 1})
			x, z := connect(t, b.at, "x"), connect(t, b.at, "z")
			connect(t, b.point(t, network, ListenOptions{Timeout: 500 * time.Millisecond}), "y")
			payload := strings.Repeat("p", 1<<20)
			for range 12 { // more than sockets and outlet hold
				x.message("y", payload)
			}
			x.message("z", "go on")
			z.got(codec.KindMessage, "x", "", "go on")
			eventually(t, "the end of y", func() bool { return b.strand.sessions() == 2 })
			x.message("z", "still there")
			z.got(codec.KindMessage, "x", "", "still there")
		})
	}
}

// TestStreamNameOfOneWhoLeft: a name whose holder has just closed is free, also
// if the holder is held up [BUSRT-H11]: its frames are routed first. A holder
// that is there keeps it.
func TestStreamNameOfOneWhoLeft(t *testing.T) {
	for _, network := range streams {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{}, Options{Loops: 2})
			y := connect(t, b.at, "y")
			for range 10 {
				x := connect(t, b.at, "x")
				x.message("y", "last words")
				check(t, x.Close())
				if network == networkPipe {
					y.got(codec.KindMessage, "x", "", "last words")
					eventually(t, "the end of x", func() bool { return b.strand.sessions() == 1 })
				}
				x = connect(t, b.at, "x")
				if code := dial(t, b.at).hello("x"); code != codec.Busy {
					t.Fatalf("a name in use: %v", code)
				}
				if network != networkPipe {
					y.got(codec.KindMessage, "x", "", "last words")
				}
				check(t, x.Close())
				eventually(t, "the end of x", func() bool { return b.strand.sessions() == 1 })
			}
		})
	}
}

// TestStreamNameOfPaused: as above, with a holder that is held up when it leaves.
func TestStreamNameOfPaused(t *testing.T) {
	for _, network := range []string{networkTLS, networkWS, networkWSS, networkPair} {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, flowOptions, Options{Loops: 2})
			x, y := connect(t, b.at, "x"), connect(t, b.at, "y")
			payload := strings.Repeat("p", 20_000)
			n := uint32(0)
			for ; !b.strand.hurried.Load(); n++ { // the ack comes in the pause too, and what is sent then waits in the socket
				x.send(codec.AppendFrame(nil, n, codec.OpMessage, codec.QoSProcessed, "y", []byte(payload)))
				x.acked(n, codec.OK)
			}
			x.message("y", "last words")
			below := grounded(x.Conn)
			check(t, below.Close()) // no goodbye, which would wait to be read
			connect(t, b.at, "x")
			for range n {
				y.got(codec.KindMessage, "x", "", payload)
			}
			y.got(codec.KindMessage, "x", "", "last words")
		})
	}
}

// TestStreamPanic: a panic ends the session it was about, and nothing else.
//
// Mutants it fails with: do without guardedLocked, and that without Abort.
func TestStreamPanic(t *testing.T) {
	b := serve(t, networkPipe, engine.Options{}, Options{Loops: 1})
	left, right := net.Pipe()
	x := wired(t, left)
	s := &stream{strand: b.strand, conn: right, ground: right}
	s.resumed.L = &b.strand.mu
	s.out.stream = s
	b.strand.mu.Lock()
	s.session = b.strand.mu.shard.Attach(s, engine.Peer{})
	s.session.Greet()
	b.strand.mu.Unlock()
	b.strand.streams.Go(s.read)
	if code := x.hello("x"); code != codec.OK {
		t.Fatal(code)
	}
	y := connect(t, b.at, "y")
	s.do(func() { panic("a test") })
	x.ended()
	y.message("y", "alive")
	y.got(codec.KindMessage, "y", "", "alive")
	eventually(t, "the end of x", func() bool { return b.strand.sessions() == 1 })
}

// TestServeConn: who the client of a stream is, and what `client.list` says of
// it [BUSRT-C4] [BUSRT-H9].
func TestServeConn(t *testing.T) {
	b := serve(t, networkPair, engine.Options{}, Options{Loops: 1})
	pair, pipe := connect(t, b.at, "pair"), connect(t, b.point(t, networkPipe, ListenOptions{}), "pipe")
	unixAt := b.listen(t, networkUnix)
	connect(t, unixAt, "pair%%1") // the same user
	connect(t, b.at, "pipe%%1")   // a pipe has the broker's
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	far, err := net.Dial("tcp", ln.Addr().String())
	check(t, err)
	near, err := ln.Accept()
	check(t, err)
	check(t, ln.Close())
	check(t, b.ServeConn(near, ListenOptions{}))
	tcp := wired(t, far)
	defer func() { _ = far.Close() }()
	if code := tcp.hello("pair%%2"); code != codec.AccessDenied {
		t.Errorf("a TCP peer as the secondary of a local one: %v", code)
	}
	for _, want := range []struct{ name, kind string }{{"pair", "local_ipc"}, {"pipe", "local_ipc"}} {
		i := clientInfo(t, pair, want.name)
		if i.Kind != want.kind || i.Port == nil || *i.Port != "" || i.Source != nil {
			t.Errorf("%s: %v", want.name, i)
		}
	}
	check(t, pipe.Close())
}

// TestServeConnAfterShutdown closes what it is given.
func TestServeConnAfterShutdown(t *testing.T) {
	b := serve(t, networkPipe, engine.Options{}, Options{Loops: 1})
	check(t, b.Shutdown(t.Context()))
	left, right := net.Pipe()
	if err := b.ServeConn(right, ListenOptions{}); !errors.Is(err, ErrShutdown) {
		t.Errorf("got %v", err)
	}
	if _, err := left.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		t.Errorf("read: %v", err)
	}
}
