package engine

import (
	"fmt"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// A client whose own queue is full is cut off like any other: the frame that
// does it gets 77, and nothing behind it is accepted [BUSRT-O12].
func TestSelfCutOff(t *testing.T) {
	b := newBus(t, 1, Options{QueueFrames: 2, StallTime: noPauses})
	bob := b.connect("bob")
	c := b.connect("alice")
	c.fits(0)
	c.send(
		message(1, "alice", "1"), message(2, "alice", "2"), message(3, "bob", "before"),
		message(4, "alice", "3"), message(5, "bob", "after"),
	)
	b.run()
	c.fits(socketBuffer)
	c.expect("message alice: 1", "ack 1 ok", "message alice: 2", "ack 2 ok", "ack 3 ok", "ack 4 not delivered")
	c.expectEnd(false)
	bob.expect("message alice: before")
}

// From the moment it is cut off nothing is accepted from a client, though its
// own loop has not heard of it [BUSRT-O12].
func TestCutOffSendsNothing(t *testing.T) {
	b := newBus(t, 2, Options{QueueFrames: 2, StallTime: noPauses})
	alice, bob := b.connect("alice"), b.connect("bob")
	slow := b.connectOn(1, "slow")
	slow.fits(0)
	alice.send(message(1, "slow", "1"), message(2, "slow", "2"), message(3, "slow", "3"))
	b.loops[0].turn()
	slow.session.Received(message(4, "bob", "too late"))
	b.loops[1].shard.Flush()
	bob.expect()
	alice.expect("ack 1 ok", "ack 2 ok", "ack 3 not delivered")
}

// A frame to one that was found by its name, but is cut off by then, has no
// receiver [BUSRT-O11].
func TestMessageToOneThatIsCutOff(t *testing.T) {
	b := newBus(t, 1, Options{})
	c, alice := b.connect("bob"), b.connect("alice")
	c.session.shut(reasonQueueFull) // another loop has just begun to
	alice.send(message(1, "bob", "x"), broadcast(2, "bob", "x"))
	alice.expect("ack 1 not registered", "ack 2 ok")
	c.expect()
}

// A session that drains waits for frames that were admitted and are still in
// some event, and hears of those that are taken back.
func TestDrainWaitsForAdmitted(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connect("bob")
	p := &c.session.peer
	if a := p.admit(cost(1, 100)); a != roomy {
		t.Fatalf("admit = %d", a)
	}
	c.send([]byte("\x01\x00\x00\x00\xFF\x00\x00\x00\x00"))
	b.run()
	if c.closed {
		t.Error("closed although a frame is to come")
	}
	p.retract(cost(1, 100))
	c.expectEnd(false)
}

// A secondary that is cut off leaves its primary alone; no unreg is announced.
func TestSecondaryCutOff(t *testing.T) {
	b := newBus(t, 1, Options{QueueFrames: 2, StallTime: noPauses})
	watcher := b.connect("watcher")
	alice := b.connect("alice")
	second := b.connect("alice%%1")
	watcher.subscribe("#")
	second.fits(0)
	for range 3 {
		watcher.send(message(0, "alice%%1", "x"))
	}
	watcher.expect(slowly("alice%%1"))
	second.fits(socketBuffer)
	second.expect("message watcher: x", "message watcher: x")
	second.expectEnd(false)
	if alice.closed {
		t.Error("its primary was ended")
	}
}

// More than 64 KiB of unread acks pause a client until they are below half
// [BUSRT-O12].
func TestUnreadAcksPause(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connect("alice")
	c.fits(0)
	c.chunk = 1000
	const count = maxUnreadAcks/codec.AckLen + 1
	for i := range 2 * count {
		c.send(message(uint32(i+1), "nobody", ""))
	}
	b.run()
	if c.session.paused != pauseAcks || c.session.WantsRead() {
		t.Fatalf("paused for %b", c.session.paused)
	}
	if acks := c.session.out.acks.Load(); acks <= maxUnreadAcks || acks > maxUnreadAcks+1000 {
		t.Errorf("paused at %d bytes of acks", acks)
	}
	left := len(c.in)
	c.fits(maxUnreadAcks / 2) // at most half of them are written
	b.run()
	if len(c.in) != left || c.session.paused != pauseAcks {
		t.Errorf("read on with %d bytes of acks unread", c.session.out.acks.Load())
	}
	c.fits(maxUnreadAcks/2 + 1000 + 2*codec.AckLen)
	b.run()
	b.loops[0].shard.Tick(b.loops[0].shard.now)
	b.run()
	if len(c.in) == left {
		t.Errorf("not read on with %d bytes of acks unread", c.session.out.acks.Load())
	}
	c.fits(socketBuffer)
	for i, s := range c.got() {
		if want := fmt.Sprintf("ack %d not registered", i+1); s != want {
			t.Fatalf("received %q, want %q", s, want)
		}
	}
	if c.session.paused != 0 || len(c.in) > 0 || c.session.out.acks.Load() != 0 {
		t.Errorf("paused for %b, %d bytes unread, %d of acks", c.session.paused, len(c.in), c.session.out.acks.Load())
	}
}
