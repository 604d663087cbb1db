package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// The greeting comes unprompted, and each answer before the next step
// [BUSRT-H1] [BUSRT-H3] [BUSRT-H5].
func TestHandshakeInSteps(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.open(0, local(1))
	c.say(codec.Greeting[:], "\x01")
	c.say(hello("alice")[3:], "\x01")
	c.send(message(1, "alice", "hi"))
	c.name = "alice"
	c.expect("message alice: hi", "ack 1 ok")
}

// The hello, and a frame behind it, may come in whatever pieces [BUSRT-H4].
func TestHandshakeSplitAnywhere(t *testing.T) {
	stream := slices.Concat(hello("alice"), message(1, "alice", "hi"), codec.AppendPing(nil), message(2, "alice", "ho"))
	for cut := range stream {
		b := newBus(t, 1, Options{})
		c := b.open(0, local(1))
		c.name = "alice"
		c.send(stream[:cut])
		b.run()
		c.send(stream[cut:])
		b.run()
		if got := string(c.take()); !strings.HasPrefix(got, "\x01\x01") || len(got) != 2+2*(codec.AckLen+14) {
			t.Fatalf("cut at %d: received % X", cut, got)
		}
	}
	for cut := range stream { // of which the first came before the greeting was sent
		b := newBus(t, 1, Options{})
		c := &client{wire: b.attach(0, local(1), slices.Clone(stream[:cut])), bus: b, name: "alice"}
		if n := c.writes.Load(); n > 2 || n > 1 && cut <= len(hello("alice")) {
			t.Errorf("cut at %d: %d writes", cut, n)
		}
		c.send(stream[cut:])
		b.run()
		if got := string(c.take()); !strings.HasPrefix(got, "\xEB\x01\x00\x01\x01") || len(got) != 5+2*(codec.AckLen+14) {
			t.Fatalf("cut at %d: received % X", cut, got)
		}
	}
	b := newBus(t, 1, Options{})
	c := b.open(0, local(1))
	c.chunk = 1
	c.send(stream)
	b.run()
	if got := c.take(); string(got[:2]) != "\x01\x01" {
		t.Fatalf("byte for byte: received % X", got)
	}
}

func TestHandshakeRefusals(t *testing.T) {
	tests := []struct {
		rule, name string
		sent, want string
	}{
		{"H2", "magic byte", "\xEC\x01\x00", "\x75"},
		{"H2", "version", "\xEB\x02\x00", "\x75"},
		{"H2", "high byte of the version", "\xEB\x01\x01", "\x75"},
		{"H2", "nothing before three bytes", "GE", ""},
		{"H2", "with a hello behind it", "\xEB\x02\x00\x05\x00alice", "\x75"},
		{"H4", "not UTF-8", "\xEB\x01\x00\x02\x00\xFF\xFE", "\x01"},
		{"H4", "empty", "\xEB\x01\x00\x00\x00", "\x01\x72"},
		{"H4", "begins with a dot", string(hello(".x")), "\x01\x72"},
		{"H4", "the broker's", string(hello(".broker")), "\x01\x72"},
		{"H4", "taken", string(hello("taken")), "\x01\x76"},
		{"H4", "taken, frames behind it", string(hello("taken")) + string(message(1, "taken", "hi")), "\x01\x76"},
		{"H4", "secondary of nobody", string(hello("nobody%%1")), "\x01\x71"},
		{"H7", "NUL", string(hello("a\x00b")), "\x01\x72"},
		{"H7", "control character", string(hello("a\nb")), "\x01\x72"},
		{"H7", "wildcard *", string(hello("a.*")), "\x01\x72"},
		{"H7", "wildcard ?", string(hello("a?")), "\x01\x72"},
		{"H7", "wildcard #", string(hello("#")), "\x01\x72"},
		{"H7", "wildcard +", string(hello("+a")), "\x01\x72"},
		{"H7", "too long", string(hello(strings.Repeat("n", 256))), "\x01\x72"},
		{"H7", "too long, seen from its length", "\xEB\x01\x00\x00\x01n", "\x01\x72"},
		{"H7", "too many dots", string(hello("a" + strings.Repeat(".", 17))), "\x01\x72"},
		{"H9", "secondary of another user", string(hello("taken%%1")), "\x01\x79"},
	}
	for _, tt := range tests {
		t.Run(tt.rule+" "+tt.name, func(t *testing.T) {
			b := newBus(t, 1, Options{})
			b.connect("taken")
			c := b.open(0, local(1))
			c.say([]byte(tt.sent), tt.want)
			if len(tt.sent) < 3 {
				if c.closed {
					t.Error("closed before the greeting was whole")
				}
				return
			}
			c.expectEnd(false)

			// Who says all at once is answered by one write, unless the name's holder
			// is looked at first.
			want := uint32(1)
			if strings.HasSuffix(tt.want, "\x76") {
				want = 2
			}
			c = &client{wire: b.attach(0, local(1), []byte(tt.sent)), bus: b}
			b.run()
			if got, n := string(c.take()), c.writes.Load(); got != "\xEB\x01\x00"+tt.want || n != want {
				t.Errorf("at once: received % X by %d writes, want % X behind the greeting", got, n, tt.want)
			}
			c.expectEnd(false)
		})
	}
}

// The limits of names are those of the options [BUSRT-H7].
func TestHandshakeNameLimits(t *testing.T) {
	long, dotted := strings.Repeat("n", 300), "a"+strings.Repeat(".b", 20)
	b := newBus(t, 1, Options{Names: codec.NameLimits{MaxLen: 300, MaxDots: 20}})
	b.connect(long)
	b.connect(dotted)
	for _, name := range []string{long + "n", dotted + ".", "a\x00"} {
		c := b.open(0, local(1))
		c.say(hello(name), "\x01\x72")
		c.expectEnd(false)
	}
}

// A credential may be bound to primary names; their secondaries go with them.
func TestHandshakeNamesOfCredential(t *testing.T) {
	b := newBus(t, 1, Options{})
	bound := Peer{Kind: KindTCP, Names: []string{"alice", "bob"}}
	b.open(0, bound).say(hello("alice"), "\x01\x01")
	b.open(0, bound).say(hello("alice%%1"), "\x01\x01")
	for _, name := range []string{"carol", "alic", "carol%%alice"} {
		c := b.open(0, bound)
		c.say(hello(name), "\x01\x79")
		c.expectEnd(false)
	}
	none := b.open(0, Peer{Kind: KindTCP, Names: []string{}})
	none.say(hello("bob"), "\x01\x79")
	none.expectEnd(false)
}

// Whoever goes during the handshake leaves nothing behind, at whatever byte
// [BUSRT-H11].
func TestHandshakePeerLeaves(t *testing.T) {
	stream := hello("alice")
	for cut := range len(stream) + 1 {
		for _, end := range []string{"close", "half-close", "abort", "write fails"} {
			b := newBus(t, 1, Options{})
			c := b.open(0, local(1))
			c.send(stream[:cut])
			b.run()
			switch end {
			case "close":
				c.hangUp()
			case "half-close":
				c.halfClose()
			case "abort":
				c.session.Abort()
			case "write fails":
				c.fail(errGone)
				c.send(stream[cut:])
				c.halfClose()
			}
			c.expectEnd(end == "abort")
			b.mustBeFree("alice")
		}
	}
}

// mustBeFree fails unless the name can be had, and gives it back.
func (b *bus) mustBeFree(name string) {
	b.Helper()
	c := b.connect(name)
	c.leave()
	c.expectEnd(false)
}

// A frame that comes between the registration and the last byte of the
// handshake is queued behind that byte [BUSRT-H5].
func TestHandshakeFinalByteComesFirst(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.open(0, local(1))
	c.say(codec.Greeting[:], "\x01")
	s := c.session
	s.name, s.primary = "alice", "alice"
	if code, _ := b.broker.register(&s.peer, false); code != codec.OK {
		t.Fatalf("register = %v", code)
	}
	if code := b.broker.Core().Message(t.Context(), "alice", []byte("early"), codec.QoSNo); code != codec.OK {
		t.Fatalf("Message = %v", code)
	}
	s.welcome()
	if got := c.take(); len(got) == 0 || got[0] != byte(codec.OK) {
		t.Fatalf("received % X first", got)
	} else {
		c.unread = got[1:]
	}
	c.expect("message .broker: early")
}

// A connection that takes less than an answer of the handshake is given up: it
// would have to be told half of it.
func TestHandshakeWithoutRoom(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.open(0, local(1))
	c.fits(0)
	c.send(hello("alice"))
	b.run()
	c.expectEnd(true)
	b.mustBeFree("alice")
}
