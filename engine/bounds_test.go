package engine

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// A fan-out beyond all that is kept room for: direct writes, the mailbox, the
// entries of a staging. Each receiver gets it once, and the room is given back.
func TestWideFanOut(t *testing.T) {
	const receivers = keepEntries + mailboxSize
	r := newRig(t, herd(receivers)...)
	sender := r.named["herd.0"]
	for range 3 {
		before := map[string]uint64{}
		for name, s := range r.named {
			before[name] = s.traffic.wFrames.Load()
		}
		r.event(sender, broadcast(0, "*", "x"))
		for name, s := range r.named {
			if got := s.traffic.wFrames.Load() - before[name]; got != 1 || s.out.level.Load() != 0 {
				t.Fatalf("%s received %d frames, %d are queued", name, got, levelFrames(s.out.level.Load()))
			}
		}
		if got := cap(r.shard.entries); got > keepEntries {
			t.Errorf("room for %d entries is kept", got)
		}
	}
}

// A match cache is bounded in entries and in bytes, and right beyond them.
func TestMatchCacheBounds(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connect("alice")
	c.subscribe("+", "+/+")
	cache := &b.loops[0].shard.topics
	for _, suffix := range []string{"", "/" + strings.Repeat("x", 1000)} {
		for i := range cacheEntries + 10 {
			topic := fmt.Sprint(i, suffix)
			c.send(publish(0, topic, ""))
			c.expect("publish alice " + topic + ": ")
			if len(cache.entries) > cacheEntries || cache.bytes > cacheBytes+1100 {
				t.Fatalf("%d entries, %d bytes", len(cache.entries), cache.bytes)
			}
		}
	}
}

// The numbers of turns of an index come round after 2³² events.
func TestEntryIndexComesRound(t *testing.T) {
	var x entryIndex
	x.init()
	x.find(7, 0)
	x.turn = math.MaxUint32
	for id := range uint64(200) { // grows meanwhile
		if _, found := x.find(id, uint32(id)); found {
			t.Fatalf("found %d", id)
		}
	}
	for id := range uint64(200) {
		if entry, found := x.find(id, 999); !found || entry != uint32(id) {
			t.Fatalf("%d: %d, %t", id, entry, found)
		}
	}
	x.clear()
	for id := range uint64(200) {
		if _, found := x.find(id, 0); found {
			t.Fatalf("found %d of another turn", id)
		}
	}
}

// A broker has 63 shards at most; one that was closed makes room.
func TestShards(t *testing.T) {
	b, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all []*Shard
	var bits uint64
	for range maxShards {
		sh := b.NewShard(func() {})
		all = append(all, sh)
		bits |= sh.bit
	}
	if bits != math.MaxInt64 {
		t.Errorf("bits %#x", bits)
	}
	all[7].Close()
	if sh := b.NewShard(func() {}); sh.bit != 1<<7 {
		t.Errorf("bit %#x", sh.bit)
	}
	defer func() {
		if recover() == nil {
			t.Error("one too many does not panic")
		}
	}()
	b.NewShard(func() {})
}

// A session may be paused for two reasons; it is read when both are over.
func TestTwoPauses(t *testing.T) {
	b := newBus(t, 2, Options{QueueFrames: 4})
	slow, _ := b.slowOne(false)
	alice := b.connect("alice")
	alice.fits(0)
	for i := range maxUnreadAcks/codec.AckLen + 100 {
		alice.send(message(uint32(i+1), "nobody", ""))
	}
	alice.chunk = len(alice.in) + 1000
	alice.send(message(1, "slow", ""), message(2, "slow", ""), message(3, "slow", ""), message(4, "slow", "last"))
	b.run()
	if alice.session.paused != pauseAcks|pauseFlow {
		t.Fatalf("paused for %b", alice.session.paused)
	}
	slow.fits(socketBuffer)
	b.run()
	if alice.session.paused != pauseAcks || alice.session.WantsRead() {
		t.Fatalf("paused for %b", alice.session.paused)
	}
	slow.expect("message alice: ", "message alice: ", "message alice: ")
	alice.fits(socketBuffer)
	b.run()
	slow.expect("message alice: last")
	alice.got()
}

// Answers that a client does not read cut it off like anything else, as a pause
// ends after a while [BUSRT-O12].
func TestAnswersCutOff(t *testing.T) {
	b := newBus(t, 1, Options{QueueFrames: 4, StallTime: noPauses})
	c := b.connect("alice")
	c.fits(0)
	call := message(0, coreName, string(codec.AppendRPCRequest(nil, 1, "test", nil)))
	c.send(slices.Repeat(call, 5))
	b.run()
	c.fits(socketBuffer)
	if got := len(c.got()); got != 4 {
		t.Errorf("%d answers, want 4", got)
	}
	c.expectEnd(false)
}

// The answer to client.list is cut off in the same way, in the goroutine that
// makes it.
func TestListCutOff(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := newBus(t, 1, Options{QueueFrames: 4, StallTime: noPauses})
		c := b.connect("alice")
		c.fits(0)
		c.send(message(0, "alice", ""), message(0, "alice", ""), message(0, "alice", ""), message(0, "alice", ""))
		c.send(message(0, coreName, string(codec.AppendRPCRequest(nil, 1, "client.list", nil))))
		b.run()
		synctest.Wait()
		c.fits(socketBuffer)
		if got := len(c.got()); got != 4 {
			t.Errorf("%d deliveries, want 4", got)
		}
		c.expectEnd(false)
	})
}

// A holder that ends between the refusal of its name and the look at it makes
// room at once [BUSRT-H11].
func TestHolderEndsBeforeTheLook(t *testing.T) {
	b := newBus(t, 2, Options{})
	old := b.connectOn(1, "alice")
	next := b.open(0, local(1000))
	next.say(codec.Greeting[:], "\x01")
	s := next.session
	s.name, s.primary, s.state = "alice", "alice", stateProbing
	s.pause(pauseProbe)
	old.leave()
	b.broker.askHolder(old.session, func() { s.post(wishRetry) })
	next.say(nil, "\x01")
	b.connect("bob").send(message(0, "alice", "hi"))
	next.expect("message bob: hi")
}

// After a sleep of the process NOPs go on from now, not one for each that was
// missed [BUSRT-B1].
func TestNopsAfterSleep(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := newBus(t, 1, Options{Timeout: 2 * time.Second})
		c := b.connect("alice")
		b.pings(900*ms, 300*ms, c)
		<-time.After(1600 * ms) // no ticks: two NOPs are missed
		c.send(codec.AppendPing(nil))
		b.pass(100 * ms)
		c.expect("nop")
		b.pings(900*ms, 300*ms, c)
		c.expect()
		b.pings(200*ms, 100*ms, c)
		c.expect("nop")
	})
}
