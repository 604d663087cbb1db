package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/wiretest"
)

// Greetings of the golden table, in a session [BUSRT-H2].
func TestGoldenGreetings(t *testing.T) {
	for _, g := range wiretest.Greetings {
		b := newBus(t, 1, Options{})
		c := b.open(0, local(1000))
		c.say(g.Wire, string(byte(g.Code)))
		if g.Code != codec.OK {
			c.expectEnd(false)
		}
	}
}

// Names of the golden table, in a session [BUSRT-H4] [BUSRT-H6] [BUSRT-H7].
func TestGoldenHellos(t *testing.T) {
	for _, h := range wiretest.Hellos {
		for _, chunk := range []int{readBuffer, 1} {
			t.Run(fmt.Sprint(h.Name, chunk), func(t *testing.T) {
				b := newBus(t, 1, Options{})
				if h.Primary != "" && h.Primary != h.Want {
					b.connect(h.Primary)
				}
				c := b.open(0, local(1000))
				c.chunk = chunk
				want := "\x01" + string(byte(h.Code))
				switch {
				case !h.Text:
					want = "\x01"
				case h.Code == codec.OK && h.Primary == "":
					want = "\x01\x71"
				}
				c.say(append(codec.Greeting[:], h.Wire...), want)
				if want != "\x01\x01" {
					c.expectEnd(false)
				} else if p, ok := b.broker.names.Load(h.Want); !ok || p != &c.session.peer || p.primary != h.Primary {
					t.Error("not registered, or under another name")
				}
			})
		}
	}
}

// Frames of the golden table, in a session: what comes before a faulty one
// counts, nothing behind it does, and it is not acked [BUSRT-F7]. A good one is
// acked if it asks for that and is no NOP [BUSRT-F2].
func TestGoldenFrames(t *testing.T) {
	for _, f := range wiretest.Frames {
		for _, chunk := range []int{readBuffer, 1, 7} {
			t.Run(fmt.Sprint(f.Name, chunk), func(t *testing.T) {
				b := newBus(t, 1, Options{})
				witness, bystander := b.connect("witness"), b.connect("bystander")
				c := b.connect("alice")
				c.chunk = chunk
				c.send(message(0, "witness", "before"), f.Wire, message(0, "witness", "after"))
				b.run()
				if f.Fault != 0 {
					c.expect()
					c.expectEnd(false)
					witness.expect("message alice: before")
				} else {
					want := 0
					if f.Want.QoS.NeedsAck() && f.Want.Op != codec.OpNop {
						want = 1
					}
					acks := filter(c.got(), fmt.Sprintf("ack %d ", f.Want.ID))
					if len(acks) != want || c.closed {
						t.Errorf("acks %q, want %d; closed %t", acks, want, c.closed)
					}
					witness.expect("message alice: before", "message alice: after")
				}
				bystander.send(message(1, "witness", "unharmed"))
				bystander.expect("ack 1 ok")
			})
		}
	}
}

// A body of the limit is taken, a longer one ends the connection as soon as its
// header is there [BUSRT-F8].
func TestFrameLength(t *testing.T) {
	const limit = 100
	for size := limit - 1; size <= limit+1; size++ {
		b := newBus(t, 1, Options{MaxFrame: limit})
		c := b.connect("alice")
		f := message(1, "nobody", strings.Repeat("x", size-len("nobody\x00")))
		c.send(f[:codec.FrameHeaderLen])
		b.run()
		if c.closed != (size > limit) {
			t.Errorf("%d bytes announced: closed %t", size, c.closed)
		}
		if size > limit {
			continue
		}
		c.send(f[codec.FrameHeaderLen:])
		c.expect("ack 1 not registered")
	}
}

// Memory grows with the bytes that arrived, not with the length that a header
// announces [BUSRT-F8].
func TestFrameMemory(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connect("alice")
	f := message(1, "nobody", string(make([]byte, 10<<20)))
	for _, arrived := range []int{10, 1000, 10_000, 100_000, 1_000_000, 9_000_000} {
		c.send(f[:arrived])
		f = f[arrived:]
		b.run()
		have := len(c.session.rest.B)
		if got := cap(c.session.rest.B); got > max(4<<10, 4*have) {
			t.Errorf("%d bytes of memory for %d that arrived", got, have)
		}
	}
	c.send(f)
	c.expect("ack 1 not registered")
	if c.session.rest != nil {
		t.Error("an idle session keeps a buffer")
	}
	c.send(message(1, "nobody", string(make([]byte, 10<<20)))[:20]) // now there is a reason to expect a long one
	b.run()
	if got := cap(c.session.rest.B); got > 2*longest {
		t.Errorf("%d bytes of memory for what comes after a long frame", got)
	}
}

// A stream of frames may come in whatever pieces.
func TestFramesSplitAnywhere(t *testing.T) {
	big := string(numbered(3, 9000)) // does not fit into what is kept of a frame at first
	stream := slices.Concat(
		message(1, "alice", "a"), codec.AppendPing(nil), publish(2, "t", big),
		list(3, codec.OpUnsubscribe, "x", ""), broadcast(4, "alice", ""), publishFor(5, "t", "alice", "p"),
	)
	want := []string{
		"message alice: a", "ack 1 ok", "publish alice t: " + big, "ack 2 ok", "ack 3 ok",
		"broadcast alice: ", "ack 4 ok", "publish alice t: p", "ack 5 ok",
	}
	for _, chunk := range []int{1, 2, 3, 8, 9, 10, 13, 100, 1000, 4096, 5000} {
		b := newBus(t, 1, Options{})
		c := b.connect("alice")
		c.subscribe("t")
		c.chunk = chunk
		for range 3 {
			c.send(stream)
		}
		c.expect(slices.Concat(want, want, want)...)
	}
	b := newBus(t, 1, Options{})
	c := b.connect("alice")
	c.subscribe("t")
	for cut := range len(stream) {
		if cut > 100 && cut < len(stream)-100 {
			continue
		}
		c.send(stream[:cut])
		b.run()
		c.send(stream[cut:])
		c.expect(want...)
	}
}

// The end of a stream, at whatever place in a frame, is a clean close: what
// was whole counts [BUSRT-F7] [BUSRT-F9].
func TestEndOfStreamAnywhere(t *testing.T) {
	b := newBus(t, 1, Options{})
	witness := b.connect("witness")
	f := message(1, "witness", "x")
	for cut := range f {
		c := b.connect("alice")
		c.send(f, f[:cut])
		c.halfClose()
		b.run()
		c.expectEnd(false)
		witness.expect("message alice: x")
		witness.send(message(1, "alice", "gone"))
		witness.expect("ack 1 not registered")
	}
}
