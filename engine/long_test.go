package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// Long frames that come in pieces are delivered from where they were received
// to: the same bytes as of those that are copied, whatever the lengths of names,
// masks and topics, and in their order [BUSRT-O7] [BUSRT-B3] [BUSRT-B4].
func TestLongFrames(t *testing.T) {
	sender := strings.Repeat("s", 40)
	topic := strings.Repeat("t", 30)
	for _, of := range []struct {
		name  string
		frame func(payload string) []byte
		want  string
		to    []string
	}{
		{"message", func(p string) []byte { return message(1, "b", p) }, "message SENDER: ", []string{"b"}},
		{"message to oneself", func(p string) []byte { return message(1, sender, p) }, "message SENDER: ", []string{sender}},
		{"broadcast", func(p string) []byte { return broadcast(1, "?", p) }, "broadcast SENDER: ", []string{"a", "b", "c", "d", "e", sender}},
		{"publish to one", func(p string) []byte { return publish(1, "", p) }, "publish SENDER : ", []string{"a"}},
		{"publish to five", func(p string) []byte { return publish(1, topic, p) }, "publish SENDER " + topic + ": ", []string{"a", "b", "c", "d", "e"}},
		{"publish_for", func(p string) []byte { return publishFor(1, topic, "c", p) }, "publish SENDER " + topic + ": ", []string{"c"}},
		{"to nobody", func(p string) []byte { return publish(1, "nobody", p) }, "", nil},
	} {
		for _, name := range []string{"s", sender} {
			for _, size := range []int{longPayload - 1, longPayload, 70_000} {
				for _, chunk := range []int{1000, readBuffer} {
					if name != sender && slices.Contains(of.to, sender) {
						continue
					}
					t.Run(fmt.Sprintf("%s/%d/%d/%d", of.name, len(name), size, chunk), func(t *testing.T) {
						b := newBus(t, 2, Options{})
						clients := map[string]*client{name: b.connect(name)}
						for i, n := range []string{"a", "b", "c", "d", "e"} {
							clients[n] = b.connectOn(i%2, n)
							clients[n].subscribe(topic)
						}
						clients["a"].subscribe("")
						payload := string(numbered(7, size))
						from := clients[name]
						from.chunk = chunk
						want := strings.Replace(of.want, "SENDER", name, 1) + payload
						from.send(of.frame(payload), message(0, "b", "x"), of.frame(payload))
						for n, c := range clients {
							expected := make([]string, 0, 3)
							for i := range 2 {
								if slices.Contains(of.to, n) {
									expected = append(expected, want)
								}
								if n == "b" && i == 0 {
									expected = append(expected, "message "+name+": x")
								}
								if n == name {
									expected = append(expected, "ack 1 ok")
								}
							}
							c.expect(expected...)
						}
					})
				}
			}
		}
	}
}

// What a long frame meets is what others meet: a queue that is full, a client of
// the broker's own, one in the process, a name that comes with it.
func TestLongFrameMeets(t *testing.T) {
	payload := string(numbered(5, 100_000))
	t.Run("a full queue [BUSRT-O12]", func(t *testing.T) {
		b := newBus(t, 1, Options{QueueFrames: 2, Slow: SlowDropNew})
		slow, _ := b.slowOne(false)
		alice := b.connect("alice")
		alice.send(message(1, "slow", "x"), message(2, "slow", payload), message(3, "slow", payload))
		alice.expect("ack 1 ok", "ack 2 ok", "ack 3 not delivered")
		slow.mustHaveQueued(2)
	})
	t.Run("the broker [BUSRT-C1]", func(t *testing.T) {
		b := newBus(t, 1, Options{})
		alice := b.connect("alice")
		alice.chunk = 5000
		alice.send(frame(codec.OpMessage, 1, ".broker", payload)) // no call of RPC
		alice.expect("ack 1 ok")
	})
	t.Run("a client in the process", func(t *testing.T) {
		b := newBus(t, 1, Options{})
		inside := mustRegister(t, b.broker, "inside")
		alice := b.connect("alice")
		alice.chunk = 5000
		alice.send(message(1, "inside", payload))
		alice.expect("ack 1 ok")
		f, err := inside.Recv(t.Context())
		if err != nil || string(f.Payload) != payload || f.Sender != "alice" {
			t.Errorf("%d bytes from %q, %v", len(f.Payload), f.Sender, err)
		}
	})
	t.Run("the handshake", func(t *testing.T) {
		b := newBus(t, 1, Options{})
		long := strings.Repeat("n", 200)
		c := b.open(0, local(1000))
		c.send(hello(long), message(1, long, payload)[:5000])
		b.run()
		if got := string(c.take()); got != "\x01\x01" {
			t.Fatalf("answers % X", got)
		}
		c.send(message(1, long, payload)[5000:])
		c.expect("message "+long+": "+payload, "ack 1 ok")
	})
}

// What the receiver's queue refers to is the place that was read to, from the
// second long frame on all of it but what came with the header.
func TestLongFrameIsNotCopied(t *testing.T) {
	r := newRig(t, herd(2)...)
	sender := r.named["herd.0"]
	packet := message(0, "herd.1", string(make([]byte, 1<<20)))
	r.event(sender, packet[:100])
	r.event(sender, packet[100:])
	sender.Received(packet[:100])
	var last *byte
	for rest := packet[100:]; len(rest) > 0; {
		room := sender.Room()
		if len(room) != len(rest) {
			t.Fatalf("%d bytes are lacking, there is a place for %d", len(rest), len(room))
		}
		n := copy(room[:min(len(room), 64<<10)], rest)
		last, rest = &room[n-1], rest[n:]
		sender.Filled(n)
	}
	refs := r.shard.entries[0].refs
	if b := refs[0].Seg.B; len(refs) != 1 || &b[len(b)-1] != last {
		t.Error("the receiver has a copy")
	}
	r.shard.Flush()
}
