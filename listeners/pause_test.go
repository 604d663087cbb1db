package listeners

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// flowOptions hold a sender up early, and let no time end it.
var flowOptions = engine.Options{QueueFrames: 16, StallTime: patience, Timeout: patience}

// TestPause: a connection that is held up is neither watched nor read, even if
// an event claims that it is readable; when its receiver has taken enough it is
// read again, and nothing is lost or out of order [BUSRT-O17].
//
// Mutants it fails with: ready without its look at WantsRead; Settle that
// leaves the descriptor watched; Settle that does not watch it again.
func TestPause(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			b, err := engine.New(flowOptions)
			check(t, err)
			h := newByHand(t, b)
			xc, x := h.connect(t, network, "x")
			yc, y := h.connect(t, network, "y")
			sent := h.flood(t, xc, x, "y")
			if got := h.polls.watched[xc.fd]; got != nothing {
				t.Errorf("the paused connection is watched for %d", got)
			}
			if got := h.polls.watched[yc.fd]; got != both {
				t.Errorf("its receiver is watched for %d", got)
			}
			if !h.hurried.Load() {
				t.Error("the ticker does not know that somebody is paused")
			}

			x.message("y", "late")
			waiting := unread(t, xc.fd)
			h.event(xc.fd, both) // a stale event
			if now := unread(t, xc.fd); now != waiting || waiting == 0 {
				t.Errorf("%d bytes wait, %d did: it was read in its pause", now, waiting)
			}

			h.drain(yc, y, "x", sent)
			h.work()
			if got := h.polls.watched[xc.fd]; got != reading {
				t.Errorf("after the pause it is watched for %d", got)
			}
			h.event(xc.fd, reading)
			h.drain(yc, y, "x", []string{"late"})
		})
	}
}

// unread is how many bytes wait in a socket, once there are any.
func unread(t *testing.T, fd int) (n int) {
	t.Helper()
	buf := make([]byte, 1<<20)
	eventually(t, "bytes to read", func() bool {
		n, _, _ = unix.Recvfrom(fd, buf, unix.MSG_PEEK)
		return n > 0
	})
	return n
}

// TestHangUpInPause: the peer of a paused connection closes. Its write side is
// dead: what is queued for it is dropped and the descriptor not watched any
// more; the session stays until the pause is over, its unread frames are routed,
// and then it ends [BUSRT-O17] [BUSRT-F9].
//
// Mutant it fails with: ready that ends the session for the event's flags.
func TestHangUpInPause(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			b, err := engine.New(flowOptions)
			check(t, err)
			h := newByHand(t, b)
			xc, x := h.connect(t, network, "x")
			yc, y := h.connect(t, network, "y")
			zc, z := h.connect(t, network, "z")
			h.flood(t, zc, z, "x") // x does not read
			sent := h.flood(t, xc, x, "y")
			x.message("y", "late")
			unread(t, xc.fd)
			if got := h.polls.watched[xc.fd]; got != writing {
				t.Fatalf("paused and blocked, it is watched for %d", got)
			}
			check(t, x.Close())
			eventually(t, "a failed write", func() bool {
				h.event(xc.fd, both)
				return xc.session.Broken()
			})
			if got := h.polls.watched[xc.fd]; got != nothing {
				t.Errorf("the dead descriptor is watched for %d", got)
			}
			if xc.session.Closed() {
				t.Fatal("it has ended with frames unread")
			}

			h.drain(yc, y, "x", sent)
			if got := h.polls.watched[xc.fd]; got != reading {
				t.Fatalf("after the pause it is watched for %d", got)
			}
			h.event(xc.fd, reading)
			h.drain(yc, y, "x", []string{"late"})
			eventually(t, "the end of x", func() bool {
				h.event(xc.fd, reading)
				return xc.session.Closed()
			})
		})
	}
}

// TestNameOfPaused: a newcomer wants the name of a connection that is paused and
// whose peer has closed. What is unread of that is routed, pause or not, then
// the newcomer has the name [BUSRT-H11].
//
// Mutants it fails with: HungUp that is always false; ReadOut that stops after
// one buffer.
func TestNameOfPaused(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			b, err := engine.New(flowOptions)
			check(t, err)
			h := newByHand(t, b)
			xc, x := h.connect(t, network, "x")
			yc, y := h.connect(t, network, "y")
			sent := h.flood(t, xc, x, "y")
			for range 3 {
				late := strings.Repeat("late", 10_000)
				x.message("y", late)
				sent = append(sent, late)
			}
			check(t, x.Close())
			eventually(t, "the hang-up", xc.HungUp)
			h.connect(t, network, "x")
			if !xc.session.Closed() {
				t.Error("the predecessor is not closed")
			}
			h.drain(yc, y, "x", sent)
		})
	}
}

// TestHalfClose: who shuts down its sending side has left. What it sent counts,
// the broker closes [BUSRT-F9].
func TestHalfClose(t *testing.T) {
	for _, network := range all {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{}, Options{Loops: 2})
			x, y := connect(t, b.at, "x"), connect(t, b.at, "y")
			if network == networkPipe {
				t.Skip("a pipe has no halves")
			}
			x.message("y", "last")
			x.halfClose()
			y.got(codec.KindMessage, "x", "", "last")
			x.ended()
			if code := dial(t, b.at).hello("x"); code != codec.OK {
				t.Errorf("its name is not free: %v", code)
			}
		})
	}
}

// TestFastSender: a receiver that is slower than its sender loses nothing
// [BUSRT-O17].
func TestFastSender(t *testing.T) {
	for _, network := range all {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{QueueFrames: 64, StallTime: patience}, Options{Loops: 2})
			x, y := connect(t, b.at, "x"), connect(t, b.at, "y")
			const frames = 20_000
			go func() {
				payload := make([]byte, 1000)
				for n := range uint64(frames) {
					copy(payload, number(n))
					if _, err := x.Write(codec.AppendFrame(nil, 0, codec.OpMessage, codec.QoSNo, "y", payload)); err != nil {
						return // the reader says what is missing
					}
				}
			}()
			for n := range uint64(frames) {
				if d := y.next(); string(d.Payload[:8]) != string(number(n)) {
					t.Fatalf("frame %d is % x", n, d.Payload[:8])
				}
			}
		})
	}
}
