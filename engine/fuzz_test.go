package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/allocbound"
	"github.com/busrt-go/busrt/internal/wiretest"
)

// FuzzSession sends the bytes of a stranger to a broker, once whole and once in
// pieces, in the company of a client that hears everything. Whatever they are,
// who listens is told the sender's own name [BUSRT-B5], what comes out is whole,
// pieces make no difference, nothing is left, and the cost is that of the bytes.
func FuzzSession(f *testing.F) {
	for _, s := range sessionSeeds() {
		f.Add(s, []byte{60}, 1<<16-1)
		if len(s) < 1000 {
			f.Add(s, []byte{3, 2, 5, 9, 0}, 40)
		}
	}
	f.Fuzz(func(t *testing.T, stream, cuts []byte, maxFrame int) {
		o := Options{MaxFrame: 1 + maxFrame&0xFFFF}
		whole := play(t, o, [][]byte{stream})
		pieces := play(t, o, split(stream, cuts))
		if !slices.Equal(whole.own, pieces.own) || !slices.Equal(whole.heard, pieces.heard) || !slices.Equal(whole.announced, pieces.announced) {
			t.Errorf("whole:\n\t%s\nin pieces:\n\t%s", whole, pieces)
		}
	})
}

// sessionSeeds are whole lives of clients, and handshakes that fail.
func sessionSeeds() [][]byte {
	seeds := [][]byte{
		hostileSeed(1000, func(i int) []byte { return list(0, codec.OpExclude, fmt.Sprint(i)) }),
		hostileSeed(500, func(i int) []byte { return list(0, codec.OpSubscribe, fmt.Sprint(i)) }),
		hostileSeed(20, func(i int) []byte { return list(0, codec.OpSubscribe, fmt.Sprint(i)+strings.Repeat("/", 250)) }),
		hostileSeed(1, func(int) []byte {
			return message(0, ".broker", "\x01\x02\x00\x00\x00client.list\x00\x91\xd9\x20(((x{10}){10}){10})"+"[a-z]{1000}")
		}),
		slices.Concat(hello("eve"), message(1, "eve", "hi"), message(2, "bob", "hi"), message(3, "", "")),
		slices.Concat(hello("eve"), list(1, codec.OpSubscribe, "a/+", "#", "a/#/b"), publish(2, "a/b", "x"), publishFor(3, "a/b", "bob", "y")),
		slices.Concat(hello("eve"), list(1, codec.OpExclude, "a", ""), list(2, codec.OpUnexclude, "a"), list(3, codec.OpUnsubscribe, "a")),
		slices.Concat(hello("eve"), broadcast(1, "*", "x"), codec.AppendPing(nil), broadcast(2, "?.*", "x")),
		slices.Concat(hello("eve"), publish(1, ".broker/info", "x"), publish(2, ".broker", "x"), message(3, ".broker", "\x01\x01\x00\x00\x00test\x00")),
		slices.Concat(hello("eve"), message(0, ".broker", "\x01\x02\x00\x00\x00client.list\x00\x81\xa6filter\xa2e."), message(9, "eve", "behind")),
		slices.Concat(hello("eve"), message(0, ".broker", "\x01\x02\x00\x00\x00benchmark.test\x00xyz"), codec.AppendFrame(nil, 7, 9, 0, "", nil)),
		slices.Concat(hello("bob"), message(1, "bob", "mine")),
		slices.Concat(hello("bob%%1"), message(1, "bob", "from his second")),
	}
	for _, c := range wiretest.Greetings {
		seeds = append(seeds, c.Wire)
	}
	for _, c := range wiretest.Hellos {
		seeds = append(seeds, slices.Concat(codec.Greeting[:], c.Wire))
	}
	for _, c := range wiretest.Frames {
		seeds = append(seeds, slices.Concat(hello("eve"), c.Wire, message(1, "bob", "hi")))
	}
	return seeds
}

// hostileSeed is a registered client that sends n frames.
func hostileSeed(n int, frame func(i int) []byte) []byte {
	b := hello("eve")
	for i := range n {
		b = append(b, frame(i)...)
	}
	return b
}

// split cuts b into pieces as long as the bytes of cuts say, over and over.
func split(b, cuts []byte) (pieces [][]byte) {
	for i := 0; len(b) > 0; i++ {
		n := len(b)
		if len(cuts) > 0 {
			n = min(n, 1+int(cuts[i%len(cuts)]))
		}
		pieces = append(pieces, b[:n])
		b = b[n:]
	}
	return pieces
}

// played is what came of a stream.
type played struct {
	own       []string // answers of the handshake, and what was delivered
	heard     []string // what the listener was delivered
	announced []string // and by the broker: each event's announcements come behind its frames
}

func (p played) String() string {
	return fmt.Sprintf("%q\n\theard %q\n\tannounced %q", p.own, p.heard, p.announced)
}

// play lets a stranger send the pieces, and leave.
func play(t *testing.T, o Options, pieces [][]byte) (p played) {
	t.Helper()
	r := &round{T: t}
	defer r.over()
	b := newBus(r, 1, o)
	bob := b.connect("bob")
	bob.subscribe("#")
	bob.send(list(0, codec.OpUnsubscribe, topicWarn)) // with all topics it would come twice as often
	eve := b.open(0, local(1000))
	length := 0
	spent := allocbound.Spent(func() {
		for _, piece := range pieces {
			length += len(piece)
			eve.send(piece)
			b.run()
			if eve.session.paused&pauseCall != 0 {
				b.await("an answer", func() bool { return eve.session.paused&pauseCall == 0 })
			}
		}
	})
	allocbound.Judge(t, length+nodesCost*int(b.broker.topics.mu.lastID), spent)

	name := eve.session.name
	if code, text := (codec.NameLimits{}).Check([]byte(name)); name != "" && (code != codec.OK || !text) {
		t.Errorf("the name %q was taken", name)
	}
	eve.hangUp()
	b.run()
	p.own = eve.life()
	for _, d := range bob.received() {
		sender := string(d.Sender)
		if d.Kind != codec.KindAck && sender != coreName && (sender != name || name == "") {
			t.Errorf("a frame of %q is said to come from %q", name, sender)
		}
		if sender == coreName {
			p.announced = append(p.announced, account(&d))
		} else {
			p.heard = append(p.heard, account(&d))
		}
	}
	return p
}

// life is all that the client was sent: answers of the handshake, then
// deliveries. Without announcements: a subscription in the event of the hello
// is in time for its own.
func (c *client) life() (all []string) {
	c.unread = append(c.unread, c.take()...)
	for range 2 {
		if len(c.unread) == 0 {
			return all
		}
		code := codec.Status(c.unread[0])
		all, c.unread = append(all, code.String()), c.unread[1:]
		if code != codec.OK && len(c.unread) > 0 {
			c.bus.Errorf("refused with %v, and told % X", code, c.unread)
		}
	}
	for _, d := range c.received() {
		if d.Kind != codec.KindPublish || string(d.Sender) != coreName {
			all = append(all, account(&d))
		}
	}
	if len(c.unread) > 0 {
		c.bus.Errorf("half a frame: % X", c.unread)
	}
	return all
}

// account is the delivery as text, but for what an answer of the broker says:
// that may tell the time.
func account(d *codec.Delivery) string {
	if d.Kind == codec.KindMessage && string(d.Sender) == coreName {
		d.Payload = d.Payload[:min(len(d.Payload), 5)]
	}
	return text(d)
}

// nodesCost is what a node of the topic tree may cost, in bytes of input: a topic
// makes one for each of its segments, of which a byte begins one. They stay, so
// their number is limited elsewhere.
const nodesCost = 4

// round is what a bus takes for a test that ends with each input.
type round struct {
	*testing.T
	cleanups []func()
}

func (r *round) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *round) over() {
	for _, f := range slices.Backward(r.cleanups) {
		f()
	}
}
