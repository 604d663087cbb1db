package engine

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// noPauses turns flow control off, so that limits show.
const noPauses = -1

// ways are the four ways to send n frames to "slow", alone or as one of a
// crowd that shares them.
var ways = []struct {
	name    string
	crowded bool
	send    func(payload string) []byte
	refused string // the ack of a frame that cuts the receiver off
}{
	{"message", false, func(p string) []byte { return message(1, "slow", p) }, "ack 1 not delivered"},
	{"publish", false, func(p string) []byte { return publish(1, "t", p) }, "ack 1 ok"},
	{"publish_for", false, func(p string) []byte { return publishFor(1, "t", "slow", p) }, "ack 1 ok"},
	{"broadcast", false, func(p string) []byte { return broadcast(1, "slow", p) }, "ack 1 ok"},
	{"publish to a crowd", true, func(p string) []byte { return publish(1, "t", p) }, "ack 1 ok"},
	{"broadcast to a crowd", true, func(p string) []byte { return broadcast(1, "*", p) }, "ack 1 ok"},
}

// slowOne makes a client named slow that takes nothing, among n others that do.
func (b *bus) slowOne(others bool) (slow *client, rest []*client) {
	b.Helper()
	slow = b.connectOn(len(b.loops)-1, "slow")
	slow.subscribe("t")
	slow.fits(0)
	if others {
		rest = b.hearers()
	}
	return slow, rest
}

// hearers make "slow" one of a crowd.
func (b *bus) hearers() (all []*client) {
	b.Helper()
	for i := range 5 {
		c := b.connect(fmt.Sprint("c", i))
		c.subscribe("t")
		all = append(all, c)
	}
	return all
}

// At limit-1 and limit a frame is taken, the next one cuts its receiver off:
// its name is free at once, what is queued is still written, then it closes
// [BUSRT-O12]. In one packet or in many.
func TestFrameLimit(t *testing.T) {
	const limit = 10
	for _, way := range ways {
		for _, packets := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s packets=%t", way.name, packets), func(t *testing.T) {
				b := newBus(t, 2, Options{QueueFrames: limit, StallTime: noPauses})
				slow, rest := b.slowOne(way.crowded)
				alice := b.connect("alice")
				watcher := b.connect("watcher")
				watcher.subscribe(topicInfo, topicSlow)
				var queued []string
				take := func() {
					for _, c := range append(rest, alice, watcher) {
						c.got()
					}
				}
				for i := range limit {
					alice.send(way.send(fmt.Sprint(i)))
					if packets {
						take()
					}
					if i < limit-1 {
						continue
					}
					b.run()
					if l := slow.session.out.level.Load(); levelFrames(l) != limit || l&shutBit != 0 {
						t.Fatalf("level %d frames, shut %t", levelFrames(l), l&shutBit != 0)
					}
				}
				take()
				alice.send(way.send("too many"))
				b.run()
				if acks := filter(alice.got(), "ack"); !slices.Equal(acks, []string{way.refused}) {
					t.Errorf("alice received %q", acks)
				}
				if got := filter(watcher.got(), "publish"); !slices.Equal(got, []string{slowly("slow"), info("unreg", "slow")}) {
					t.Errorf("announced %q", got)
				}
				if slow.closed || b.broker.ended[reasonQueueFull].Load() != 1 {
					t.Errorf("closed %t, counted %d", slow.closed, b.broker.ended[reasonQueueFull].Load())
				}
				b.mustBeFree("slow")
				slow.fits(socketBuffer)
				queued = slow.got()
				if len(queued) != limit {
					t.Errorf("%d frames were written, want %d: %q", len(queued), limit, queued)
				}
				slow.expectEnd(false)
				for _, c := range rest {
					if c.closed {
						t.Errorf("%s was cut off with it", c.name)
					}
				}
			})
		}
	}
}

func filter(texts []string, prefix string) []string {
	var out []string
	for _, s := range texts {
		if len(s) >= len(prefix) && s[:len(prefix)] == prefix {
			out = append(out, s)
		}
	}
	return out
}

// The same for bytes, which are those of what is written [BUSRT-O12].
func TestByteLimit(t *testing.T) {
	const limit = 1000
	for _, way := range ways {
		for over := -1; over <= 1; over++ {
			t.Run(fmt.Sprintf("%s %+d", way.name, over), func(t *testing.T) {
				b := newBus(t, 2, Options{QueueBytes: limit, StallTime: noPauses})
				slow, rest := b.slowOne(way.crowded)
				alice := b.connect("alice")
				alice.send(way.send("first"))
				b.run()
				left := limit - int(levelBytes(slow.session.out.level.Load()))
				frame := limit - left - len("first") // without payload
				payload := string(numbered(1, left-frame+over))
				for _, c := range append(rest, alice) {
					c.got()
				}
				alice.send(way.send(payload))
				b.run()
				want := "ack 1 ok"
				if over > 0 {
					want = way.refused
				}
				if acks := filter(alice.got(), "ack"); !slices.Equal(acks, []string{want}) {
					t.Errorf("alice received %q", acks)
				}
				if _, there := b.broker.names.Load("slow"); there != (over <= 0) {
					t.Errorf("registered: %t", there)
				}
				slow.fits(socketBuffer)
				if got, want := len(slow.got()), 2-max(0, over); got != want {
					t.Errorf("%d frames were written, want %d", got, want)
				}
			})
		}
	}
}

// The limits are the same with flow control, which only delays senders, for a
// receiver that has stalled: at the limit a frame is taken, above it not.
func TestLimitsWithFlowControl(t *testing.T) {
	size := codec.DeliveryLen(codec.KindMessage, coreName, nil, []byte("x"))
	for name, o := range map[string]Options{"frames": {QueueFrames: 10}, "bytes": {QueueBytes: 10 * size}} {
		b := newBus(t, 1, o)
		slow, _ := b.slowOne(false)
		slow.session.out.stalled.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // nobody waits
		for i := range 11 {
			want := codec.OK
			if i == 10 {
				want = codec.NotDelivered
			}
			if code := b.broker.Core().Message(ctx, "slow", []byte("x"), codec.QoSNo); code != want {
				t.Errorf("%s: message %d: %v, want %v", name, i+1, code, want)
			}
		}
		slow.fits(socketBuffer)
		if got := len(slow.got()); got != 10 {
			t.Errorf("%s: %d frames were written, want 10", name, got)
		}
	}
}

// Frames as long as the limit, from many senders at once, do not cut off a
// receiver that takes them: each of the senders waits. There is an end to that
// too [BUSRT-O12] [BUSRT-O17].
func TestLongFramesOfMany(t *testing.T) {
	const limit = 1000
	b := newBus(t, 2, Options{QueueBytes: limit})
	slow, _ := b.slowOne(false)
	frame := message(1, "slow", string(numbered(1, 790)))
	var senders []*client
	for i := range 5 {
		c := b.connectOn(i%2, fmt.Sprint("c", i))
		c.send(frame)
		c.expect("ack 1 ok")
		senders = append(senders, c)
	}
	slow.fits(socketBuffer)
	if got := len(slow.got()); got != 5 {
		t.Errorf("%d frames were written, want 5", got)
	}
	slow.fits(0)
	for i, c := range senders {
		c.send(frame)
		c.bus.run()
		if i < 4 {
			c.expect("ack 1 ok")
		}
	}
	one := b.connect("one-more")
	one.send(message(2, "slow", string(numbered(1, 3000))))
	one.expect("ack 2 not delivered")
	if b.broker.Registered("slow") {
		t.Error("not cut off")
	}
}

// One frame is always admitted, however long, with acks beside it [BUSRT-O12].
func TestOneFrameIsAlwaysAdmitted(t *testing.T) {
	payload := string(numbered(1, 5000))
	for _, way := range ways {
		b := newBus(t, 2, Options{QueueBytes: 1000, StallTime: noPauses})
		slow, rest := b.slowOne(way.crowded)
		alice := b.connect("alice")
		slow.send(message(1, "nobody", ""), message(2, "nobody", "")) // acks
		b.run()
		alice.send(way.send(payload))
		b.run()
		slow.fits(socketBuffer)
		if got := slow.got(); len(got) != 3 || len(got[2]) < len(payload) {
			t.Errorf("%s: slow received %d deliveries", way.name, len(got))
		}
		for _, c := range rest {
			if got := c.got(); len(got) == 0 || len(got[len(got)-1]) < len(payload) {
				t.Errorf("%s: %s received %d deliveries", way.name, c.name, len(got))
			}
		}
	}
	// A long frame to oneself is followed by its ack.
	b := newBus(t, 1, Options{QueueBytes: 1000})
	c := b.connect("alice")
	for range 3 {
		c.send(message(1, "alice", payload))
		c.expect("message alice: "+payload, "ack 1 ok")
	}
}

// Acks and NOPs count towards neither limit [BUSRT-O12].
func TestAcksDoNotFillQueues(t *testing.T) {
	b := newBus(t, 1, Options{QueueFrames: 2, QueueBytes: 1000, StallTime: noPauses})
	c := b.connect("alice")
	c.fits(0)
	for i := range 1000 {
		c.send(message(uint32(i+1), "nobody", ""))
	}
	b.run()
	b.loops[0].shard.nop(&c.session.peer)
	b.loops[0].shard.Flush()
	bob := b.connect("bob")
	bob.send(message(1, "alice", "1"), message(2, "alice", "2"), message(3, "alice", "3"))
	bob.expect("ack 1 ok", "ack 2 ok", "ack 3 not delivered")
}
