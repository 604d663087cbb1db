package engine

import (
	"errors"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// ends are the ways in which the broker ends a client that could receive: each
// writes what is queued.
var ends = []struct {
	name string
	end  func(b *bus, c *client)
}{
	{"malformed frame", func(_ *bus, c *client) { c.send([]byte("\x01\x00\x00\x00\xFF\x00\x00\x00\x00")) }},
	{"queue full", func(b *bus, c *client) {
		for range 10 {
			_ = b.broker.Core().Message(b.Context(), c.name, nil, codec.QoSNo)
		}
	}},
	{"replaced", func(b *bus, c *client) { b.connect(c.name) }},
	{"replaced from another loop", func(b *bus, c *client) { b.connectOn(1, c.name) }},
	{"shutdown", func(b *bus, c *client) {
		go b.broker.Shutdown(b.Context()) //nolint:errcheck // the test is about the client
		b.await("the shutdown", func() bool { return c.session.state >= stateDraining })
	}},
}

// limitedQueue lets [ends] fill a queue.
var limitedQueue = Options{QueueFrames: 4, StallTime: noPauses, ForceRegister: true}

// Wherever in a frame the socket was full when the broker ended a client, that
// frame and what is queued behind it are finished before the close [BUSRT-B7].
func TestEndsOnFrameBoundaries(t *testing.T) {
	for _, e := range ends {
		for written := range 30 {
			b := newBus(t, 2, limitedQueue)
			c, alice := b.connect("bob"), b.connect("alice")
			c.fits(written)
			alice.send(message(0, "bob", "one"), message(0, "bob", "two"))
			b.run()
			e.end(b, c)
			b.run()
			if c.closed {
				t.Fatalf("%s, %d bytes written: closed with frames queued", e.name, written)
			}
			c.send(message(0, "alice", "dropped")) // while draining
			for len(c.in) > 0 {
				b.run()
			}
			c.gulp = 3
			c.fits(socketBuffer)
			if got := c.got(); len(got) < 2 || got[0] != "message alice: one" || got[1] != "message alice: two" {
				t.Errorf("%s, %d bytes written: received %q", e.name, written, got)
			}
			c.expectEnd(false)
			if got := filter(alice.got(), "message"); len(got) > 0 {
				t.Errorf("%s: accepted while draining: %q", e.name, got)
			}
		}
	}
}

// Where the rest of a frame cannot be written, the close is a reset, so that
// nobody takes a part for the whole [BUSRT-B7].
func TestCutFramesAreReset(t *testing.T) {
	const size = 6 + len("alice") + 1 + len("one")
	for _, how := range []struct {
		name   string
		end    func(c *client)
		soft   bool // no reset on a boundary
		drains bool // no reset if there is nothing to write
	}{
		{"peer left", func(c *client) { c.halfClose() }, true, false},
		{"aborted", func(c *client) { c.session.Abort() }, false, false},
		{"malformed frame, then a failed write", func(c *client) {
			c.send([]byte("\x01\x00\x00\x00\xFF\x00\x00\x00\x00"))
			c.bus.run()
			c.fail(errors.New("reset by peer"))
		}, false, true},
	} {
		for written := range 2*size + 1 {
			b := newBus(t, 1, Options{})
			c, alice := b.connect("bob"), b.connect("alice")
			c.fits(written)
			alice.send(message(0, "bob", "one"), message(0, "bob", "two"))
			b.run()
			how.end(c)
			b.run()
			if !c.closed {
				t.Fatalf("%s, %d bytes written: not closed", how.name, written)
			}
			onBoundary, all := written%size == 0, written == 2*size
			if want := (!how.soft || !onBoundary) && (!how.drains || !all); c.reset != want {
				t.Errorf("%s, %d bytes written: reset %t, want %t", how.name, written, c.reset, want)
			}
		}
	}
}

// A draining connection stays until the peer's host has everything, looked at
// by the clock [BUSRT-B7].
func TestDrainWaitsForAcknowledgement(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := newBus(t, 1, Options{})
		c := b.connect("bob")
		c.unsent = 1
		c.send([]byte("\x01\x00\x00\x00\xFF\x00\x00\x00\x00"))
		b.pass(500 * ms)
		if c.closed {
			t.Error("closed with bytes under way")
		}
		c.unsent = 0
		b.pass(TickInterval)
		c.expectEnd(false)
	})
}

// Draining lasts at most the timeout and a second for each 16 KiB queued, and
// ends when nothing has moved for a timeout [BUSRT-B7] [BUSRT-T3].
func TestDrainTime(t *testing.T) {
	const timeout, queued = time.Second, 80 << 10
	for _, moves := range []bool{false, true} {
		inBubble(t, func(t *testing.T) {
			b := newBus(t, 1, Options{Timeout: timeout})
			c, alice := b.connect("bob"), b.connect("alice")
			c.fits(0)
			alice.send(message(0, "bob", string(make([]byte, queued))))
			b.run()
			c.send([]byte("\x01\x00\x00\x00\xFF\x00\x00\x00\x00"))
			b.run()
			begun := time.Now()
			for !c.closed && time.Since(begun) < time.Minute {
				if moves {
					c.letOut(1)
				}
				b.pings(100*ms, 100*ms, alice)
			}
			from, to := timeout, timeout+4*TickInterval
			if moves {
				from = timeout + queued*time.Second/drainRate
				to = from + 2*TickInterval
			}
			if d := time.Since(begun); d < from || d > to {
				t.Errorf("moves %t: drained for %v, want %v", moves, d, from)
			}
			c.expectEnd(true)
		})
	}
}

// Nor does it last longer where all that was queued is the network's: what the
// peer's host never acknowledges ends it after a timeout [BUSRT-B7] [BUSRT-T3].
func TestDrainStallsInTransport(t *testing.T) {
	const timeout = time.Second
	inBubble(t, func(t *testing.T) {
		b := newBus(t, 1, Options{Timeout: timeout})
		c, alice := b.connect("bob"), b.connect("alice")
		c.fits(0)
		alice.send(message(0, "bob", string(make([]byte, 80<<10))))
		b.run()
		c.send([]byte("\x01\x00\x00\x00\xFF\x00\x00\x00\x00"))
		b.run()
		c.unsent = 1
		c.fits(1 << 20)
		begun := time.Now()
		for !c.closed && time.Since(begun) < time.Minute {
			b.pings(100*ms, 100*ms, alice)
		}
		if d := time.Since(begun); d < timeout || d > timeout+4*TickInterval {
			t.Errorf("drained for %v", d)
		}
		c.expectEnd(true)
	})
}

// A failed write is not an end: what the client had sent before still counts,
// then its stream ends [BUSRT-F9].
func TestFailedWrite(t *testing.T) {
	b := newBus(t, 1, Options{})
	c, alice := b.connect("bob"), b.connect("alice")
	c.send(message(0, "alice", "last words"))
	c.fail(errGone)
	alice.send(message(1, "bob", "too late"))
	b.loops[0].turn()
	alice.expect("message bob: last words", "ack 1 ok")
	if c.closed || !c.session.Broken() || c.session.WantsWrite() || !c.session.WantsRead() {
		t.Errorf("closed %t, broken %t", c.closed, c.session.Broken())
	}
	c.halfClose()
	c.expectEnd(false)
}
