package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/busrt-go/busrt/codec"
)

// client is a peer on the far side of a wire.
type client struct {
	*wire
	bus    *bus
	name   string
	unread []byte // received: part of a delivery
}

// bindPath is where the clients of the tests connect.
var bindPath = "/run/bus.sock"

// local is a user's process on this host.
func local(uid uint32) Peer {
	return Peer{Kind: KindLocalIPC, Identity: Identity{UID: uid}, Port: &bindPath}
}

// connect makes a client on the first loop and registers it.
func (b *bus) connect(name string) *client {
	b.Helper()
	return b.connectOn(0, name)
}

// connectOn makes a client on the loop of that number.
func (b *bus) connectOn(loop int, name string) *client {
	b.Helper()
	c := b.open(loop, local(1000))
	c.say(hello(name), "\x01\x01")
	c.name = name
	return c
}

// open makes a connection that has been greeted [BUSRT-H1].
func (b *bus) open(loop int, info Peer) *client {
	b.Helper()
	c := &client{wire: b.attach(loop, info), bus: b}
	c.say(nil, "\xEB\x01\x00")
	return c
}

// hello is what a client sends to be registered.
func hello(name string) []byte { return codec.AppendHello(codec.Greeting[:], name) }

// send leaves frames for the loop to read, all in one piece.
func (c *client) send(frames ...[]byte) {
	c.change(func() { c.in = append(c.in, slices.Concat(frames...)...) })
}

// say sends bytes and wants these, exactly, in return.
func (c *client) say(b []byte, want string) {
	c.bus.Helper()
	c.send(b)
	c.bus.run()
	if got := string(c.take()); got != want {
		c.bus.Fatalf("%q received % X, want % X", c.name, got, want)
	}
}

// deliveries turns the loops and reads all that came. They are the caller's.
func (c *client) deliveries() []codec.Delivery {
	c.bus.Helper()
	c.bus.run()
	return c.received()
}

// received reads what is in the socket buffer, once.
func (c *client) received() []codec.Delivery {
	c.bus.Helper()
	b := slices.Concat(c.unread, c.take())
	var all []codec.Delivery
	for {
		var d codec.Delivery
		n, _, err := codec.NextDelivery(b, 1<<30, &d)
		if err != nil {
			c.bus.Fatalf("%q received no delivery: %v in % X", c.name, err, b[:min(len(b), 64)])
		}
		if n == 0 {
			c.unread = b
			return all
		}
		all = append(all, d)
		b = b[n:]
	}
}

// got is deliveries as texts: "ack 1 ok", "message alice: hi", "publish alice
// a/b: hi", "nop"; a realtime one is "message! alice: hi".
func (c *client) got() []string {
	c.bus.Helper()
	c.bus.run()
	return c.texts()
}

// texts is got without turning the loops.
func (c *client) texts() (all []string) {
	c.bus.Helper()
	for _, d := range c.received() {
		all = append(all, text(&d))
	}
	return all
}

func text(d *codec.Delivery) string {
	kind := d.Kind.String()
	if d.Realtime {
		kind += "!"
	}
	switch d.Kind {
	case codec.KindNop:
		return kind
	case codec.KindAck:
		return fmt.Sprintf("%s %d %s", kind, d.ID, d.Code.String())
	case codec.KindPublish:
		return fmt.Sprintf("%s %s %s: %s", kind, d.Sender, d.Topic, legible(d))
	default:
		return fmt.Sprintf("%s %s: %s", kind, d.Sender, d.Payload)
	}
}

// expect fails unless exactly this was received since the last look.
func (c *client) expect(want ...string) {
	c.bus.Helper()
	if got := c.got(); !slices.Equal(got, want) {
		c.bus.Errorf("%q received\n\t%s\nwant\n\t%s", c.name, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// expectEnd fails unless the broker has closed the connection, between frames
// or by a reset [BUSRT-B7].
func (c *client) expectEnd(reset bool) {
	c.bus.Helper()
	c.bus.run()
	switch {
	case !c.closed || !c.session.Closed():
		c.bus.Errorf("%q is still connected (state %d)", c.name, c.session.state)
	case c.wire.reset != reset:
		c.bus.Errorf("%q: closed with a reset: %t, want %t", c.name, c.wire.reset, reset)
	case !reset && len(c.unread) > 0:
		c.bus.Errorf("%q: cut inside a frame, after % X", c.name, c.unread)
	}
}

// leave is a full close by the client.
func (c *client) leave() {
	c.bus.Helper()
	c.hangUp()
	c.bus.run()
}

// subscribe asks for the topics and takes the ack away.
func (c *client) subscribe(topics ...string) {
	c.bus.Helper()
	c.send(list(9999, codec.OpSubscribe, topics...))
	c.expect("ack 9999 ok")
}

// Frames of clients: QoS 0 with the id 0, else one that wants an ack.

func frame(op codec.Op, id uint32, target, payload string) []byte {
	return codec.AppendFrame(nil, id, op, qos(id), target, []byte(payload))
}

func message(id uint32, target, payload string) []byte {
	return frame(codec.OpMessage, id, target, payload)
}

func publish(id uint32, topic, payload string) []byte {
	return frame(codec.OpPublish, id, topic, payload)
}

func broadcast(id uint32, mask, payload string) []byte {
	return frame(codec.OpBroadcast, id, mask, payload)
}

func publishFor(id uint32, topic, receiver, payload string) []byte {
	return codec.AppendPublishFor(nil, id, qos(id), topic, receiver, []byte(payload))
}

func list(id uint32, op codec.Op, topics ...string) []byte {
	return codec.AppendTopics(nil, id, op, qos(id), topics...)
}

func qos(id uint32) codec.QoS {
	if id == 0 {
		return codec.QoSNo
	}
	return codec.QoSProcessed
}
