package engine

import (
	"fmt"
	"testing"
	"time"
)

const ms = time.Millisecond

// floods makes alice send n frames of that payload to a slow receiver with
// room for queue frames.
func floods(t *testing.T, o Options, n int, payload string) (b *bus, alice, slow *client) {
	t.Helper()
	b = newBus(t, 2, o)
	slow, _ = b.slowOne(false)
	alice = b.connect("alice")
	for range n {
		alice.send(message(0, "slow", payload))
	}
	b.run()
	alice.mustBePaused(true)
	return b, alice, slow
}

// A receiver that takes nothing for the stall time holds nobody up, until it
// takes something again; its limits apply [BUSRT-O17].
func TestFlowStallTime(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b, alice, slow := floods(t, Options{QueueFrames: 16, Timeout: longTimeout}, 10, "x")
		b.pass(DefaultStallTime - 10*ms)
		alice.mustBePaused(true)
		slow.mustHaveQueued(9)
		b.pass(20 * ms)
		alice.mustBePaused(false)
		slow.mustHaveQueued(10)

		bob := b.connect("bob")
		bob.send(message(1, "slow", "x"))
		bob.expect("ack 1 ok")
		bob.mustBePaused(false) // the receiver is known to stall

		slow.letOut(15) // 13 are one frame
		bob.send(message(2, "slow", "x"))
		bob.expect("ack 2 ok")
		bob.mustBePaused(true)

		b.pass(DefaultStallTime + 20*ms)
		for range 5 { // eleven are queued, and the limit is 16
			bob.send(message(0, "slow", "x"))
		}
		bob.send(message(3, "slow", "x"))
		bob.expect("ack 3 not delivered")
	})
}

// The stall time counts from the last progress [BUSRT-O17].
func TestFlowStallTimeFromProgress(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b, alice, slow := floods(t, Options{QueueFrames: 100, Timeout: longTimeout}, 100, "x")
		for range 3 {
			b.pass(80 * ms)
			slow.letOut(1) // not even a frame
		}
		b.pass(90 * ms)
		alice.mustBePaused(true)
		b.pass(30 * ms)
		alice.mustBePaused(false)
	})
}

// A pause lasts half a second at most [BUSRT-O17].
func TestFlowLongestPause(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b, alice, slow := floods(t, Options{QueueFrames: 100, Timeout: longTimeout}, 60, "x")
		for range 9 {
			b.pass(50 * ms)
			slow.letOut(1)
			alice.mustBePaused(true)
		}
		b.pass(40 * ms)
		alice.mustBePaused(true)
		b.pass(20 * ms)
		alice.mustBePaused(false)
		if len(alice.in) > 0 || alice.session.rest != nil {
			t.Error("not everything was read")
		}
	})
}

// After a pause that ended by a time, so much is read before the next one
// [BUSRT-O17].
func TestFlowGrace(t *testing.T) {
	for _, tt := range []struct {
		name    string
		size    int // of payloads
		frames  int // routed in the grace
		readAll bool
	}{
		{"frames", 1, graceFrames, false},
		{"bytes", 10_000, 27, false}, // 26 are 260,364 bytes, below 256 KiB
		{"until it would block", 1, 500, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				const mark = 4001 // the frame that meets it
				total := mark + 3*tt.frames
				if tt.readAll {
					total = mark + tt.frames
				}
				b := newBus(t, 2, Options{QueueFrames: 8000, QueueBytes: 1 << 29, Timeout: longTimeout, StallTime: time.Hour})
				slow, _ := b.slowOne(false)
				alice := b.connect("alice")
				payload := string(numbered(0, tt.size))
				for range total {
					alice.send(message(0, "slow", payload))
				}
				b.run()
				alice.mustBePaused(true)
				slow.mustHaveQueued(mark)
				b.pass(maxPause + 10*ms)
				slow.mustHaveQueued(mark + tt.frames)
				alice.mustBePaused(!tt.readAll)
				if tt.readAll { // the grace is over: the next frame pauses
					alice.send(message(0, "slow", payload))
					b.run()
					alice.mustBePaused(true)
					slow.mustHaveQueued(total + 1)
				}
			})
		})
	}
}

// Until the grace is over pauses for different receivers count as one
// [BUSRT-O17].
func TestFlowGraceIsForAllReceivers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b, alice, _ := floods(t, Options{QueueFrames: 16, Timeout: longTimeout}, 9, "x")
		other := b.connect("other")
		other.fits(0)
		for i := range 12 {
			alice.send(message(uint32(i+1), "other", "x"))
		}
		b.pass(DefaultStallTime + 20*ms)
		alice.mustBePaused(false)
		other.mustHaveQueued(12)
	})
}

// While a client is not read, its waits for a header or body stand still, and
// NOPs are written as ever [BUSRT-O17] [BUSRT-T1] [BUSRT-T2].
func TestFlowTimersStandStill(t *testing.T) {
	for _, tt := range []struct {
		name string
		tail []byte // behind the frames that pause
		wait time.Duration
	}{
		{"header", nil, headerWait(200 * ms)},
		{"part of a header", []byte{1, 2, 3}, headerWait(200 * ms)},
		{"body", message(0, "slow", string(make([]byte, 1000)))[:50], bodyWait(200*ms, 1005)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				b := newBus(t, 2, Options{QueueFrames: 16, Timeout: 200 * ms, StallTime: time.Hour})
				slow, _ := b.slowOne(false)
				alice := b.connect("alice")
				for range 9 {
					alice.send(message(0, "slow", "x"))
				}
				alice.send(tt.tail)
				b.run()
				alice.mustBePaused(true)
				for range 4 { // a reader of one byte per 100 ms, which pings
					b.pass(100 * ms)
					slow.letOut(1)
					slow.send([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0})
					b.run()
				}
				alice.mustBePaused(true)
				alice.expect("nop", "nop", "nop", "nop")
				b.pass(100 * ms)
				alice.mustBePaused(false)
				slow.fits(socketBuffer)
				b.pass(tt.wait - TickInterval)
				if alice.closed {
					t.Error("ended too early")
				}
				b.pass(3 * TickInterval)
				alice.got()
				alice.expectEnd(false)
			})
		})
	}
}

// A shard wants quick ticks while something is paused, and only then.
func TestFlowHurries(t *testing.T) {
	b := newBus(t, 2, Options{QueueFrames: 4})
	slow, _ := b.slowOne(false)
	alice := b.connect("alice")
	alice.send(message(0, "slow", "1"), message(0, "slow", "2"), message(0, "slow", "3"))
	b.run()
	if hurried := fmt.Sprint(b.loops[0].shard.Hurried(), b.loops[1].shard.Hurried()); hurried != "true false" {
		t.Errorf("hurried: %s", hurried)
	}
	slow.fits(socketBuffer)
	b.run()
	if b.loops[0].shard.Hurried() {
		t.Error("hurried without a pause")
	}
}
