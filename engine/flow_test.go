package engine

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// longTimeout keeps the timers of section 6 out of tests of other rules.
const longTimeout = time.Hour

// mustBePaused fails unless the client is paused for flow control, or is not.
func (c *client) mustBePaused(want bool) {
	c.bus.Helper()
	if got := c.session.paused == pauseFlow; got != want || c.session.WantsRead() == want {
		c.bus.Fatalf("%q: paused for %b, reads: %t; want a pause: %t",
			c.name, c.session.paused, c.session.WantsRead(), want)
	}
}

// mustHaveQueued fails unless n frames wait for the client.
func (c *client) mustHaveQueued(n int) {
	c.bus.Helper()
	if got := levelFrames(c.session.out.level.Load()); got != uint64(n) {
		c.bus.Fatalf("%d frames are queued for %q, want %d", got, c.name, n)
	}
}

// letOut has the client's socket buffer take n bytes more.
func (c *client) letOut(n int) {
	c.bus.Helper()
	c.fits(len(c.out) + n)
	c.bus.run()
}

// A sender is paused by the frame that finds a queue above half of a limit, and
// read again below a quarter of it; what it had sent is kept [BUSRT-O17].
func TestFlowMarks(t *testing.T) {
	for _, way := range ways {
		size := codec.DeliveryLen(codec.KindMessage, "alice", nil, []byte("00"))
		if way.refused == "ack 1 ok" && way.name[0] == 'p' { // a publish: its topic too
			size += len("t\x00")
		}
		for name, o := range map[string]Options{"frames": {QueueFrames: 16}, "bytes": {QueueBytes: 16 * size}} {
			t.Run(way.name+" "+name, func(t *testing.T) {
				b := newBus(t, 2, o)
				slow, _ := b.slowOne(way.crowded)
				alice := b.connect("alice")
				for i := range 17 {
					alice.send(way.send(fmt.Sprintf("%02d", i)))
				}
				b.run()
				alice.mustBePaused(true)
				slow.mustHaveQueued(9) // the one above half was routed
				if acks := filter(alice.got(), "ack"); len(acks) != 9 {
					t.Errorf("%d acks while paused, want 9", len(acks))
				}
				slow.letOut(5*size + size/2)
				slow.mustHaveQueued(4) // not below a quarter
				alice.mustBePaused(true)
				slow.letOut(size)
				slow.mustHaveQueued(9) // three, and six more of alice's
				alice.mustBePaused(true)
				slow.letOut(6 * size)
				slow.mustHaveQueued(5)
				alice.mustBePaused(false)
				slow.fits(socketBuffer)
				var texts []string
				for _, d := range slow.deliveries() {
					texts = append(texts, string(d.Payload))
				}
				if len(texts) != 17 || !slices.IsSorted(texts) {
					t.Errorf("slow received %q", texts)
				}
			})
		}
	}
}

// One that sends to itself and does not read is paused for itself.
func TestFlowToOneself(t *testing.T) {
	b := newBus(t, 1, Options{QueueFrames: 4})
	c := b.connect("alice")
	c.fits(0)
	var want []string
	for i := range 100 {
		c.send(message(1, "alice", fmt.Sprint(i)))
		want = append(want, fmt.Sprint("message alice: ", i), "ack 1 ok")
	}
	b.run()
	c.mustBePaused(true)
	c.mustHaveQueued(3)
	c.fits(socketBuffer)
	c.expect(want...)
	c.mustBePaused(false)
}

// Answers of the broker never wait, but who does not read them is not read
// [BUSRT-O17].
func TestFlowOfAnswers(t *testing.T) {
	b := newBus(t, 1, Options{QueueFrames: 16})
	c := b.connect("alice")
	c.fits(0)
	call := message(0, coreName, string(codec.AppendRPCRequest(nil, 1, "test", nil)))
	for range 100 {
		c.send(call)
	}
	b.run()
	c.mustBePaused(true)
	c.mustHaveQueued(9)
	c.fits(socketBuffer)
	if got := len(c.got()); got != 100 {
		t.Errorf("%d answers, want 100", got)
	}
}

// Who is not involved is not held up, nor is what others send to one that is
// paused [BUSRT-O17].
func TestFlowConcernsTheSenderOnly(t *testing.T) {
	b := newBus(t, 2, Options{QueueFrames: 4})
	slow, _ := b.slowOne(false)
	alice, bob := b.connect("alice"), b.connect("bob")
	for range 10 {
		alice.send(message(1, "slow", "x"))
	}
	b.run()
	alice.mustBePaused(true)
	alice.got()
	for range 10 {
		bob.send(message(1, "alice", "hi"), message(2, "bob", "hi"))
		bob.expect("ack 1 ok", "message bob: hi", "ack 2 ok")
		alice.expect("message bob: hi")
	}
	b.loops[0].shard.nop(&alice.session.peer)
	b.loops[0].shard.Flush()
	alice.expect("nop")
	slow.mustHaveQueued(3)
}

// A pause ends when its receiver is gone, and what is sent to it is answered
// accordingly [BUSRT-O17].
func TestFlowReceiverGoes(t *testing.T) {
	b := newBus(t, 2, Options{QueueFrames: 4})
	slow, _ := b.slowOne(false)
	alice := b.connect("alice")
	for range 4 {
		alice.send(message(1, "slow", "x"))
	}
	alice.expect("ack 1 ok", "ack 1 ok", "ack 1 ok")
	alice.mustBePaused(true)
	slow.leave()
	alice.expect("ack 1 not registered")
	alice.mustBePaused(false)
}

// A paused sender that goes is only seen to at the resume: what it had sent is
// routed first [BUSRT-O17].
func TestFlowSenderGoes(t *testing.T) {
	b := newBus(t, 2, Options{QueueFrames: 4})
	slow, _ := b.slowOne(false)
	alice := b.connect("alice")
	alice.chunk = 50
	for range 10 {
		alice.send(message(1, "slow", "x"))
	}
	b.run()
	alice.hangUp()
	b.run()
	alice.mustBePaused(true)
	slow.fits(socketBuffer)
	if got := len(slow.got()); got != 10 {
		t.Errorf("slow received %d frames, want 10", got)
	}
	alice.expectEnd(false)
}

// Several receivers are waited for at once; the last to have room ends the
// pause.
func TestFlowSeveralReceivers(t *testing.T) {
	b := newBus(t, 3, Options{QueueFrames: 4})
	one, two := b.connectOn(1, "one"), b.connectOn(2, "two")
	for _, c := range []*client{one, two} {
		c.subscribe("t")
		c.fits(0)
	}
	alice := b.connect("alice")
	for range 4 {
		alice.send(publish(0, "t", "x"))
	}
	b.run()
	alice.mustBePaused(true)
	one.fits(socketBuffer)
	b.run()
	alice.mustBePaused(true)
	one.expect(slices.Repeat([]string{"publish alice t: x"}, 3)...)
	two.fits(socketBuffer)
	b.run()
	alice.mustBePaused(false)
	one.expect("publish alice t: x")
}

// inBubble runs a test whose clock moves only by [bus.pass].
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}
