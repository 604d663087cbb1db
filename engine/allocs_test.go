//go:build !race

package engine

import (
	"slices"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// burst is a number of frames in one event: with an ack between any two of
// them the sender's queue has twice as many parts, and a queue of more than 64
// gives its memory back when it is empty.
const burst = 30

// A frame's way through the engine takes no memory, however it goes, in one
// piece or in two, one frame an event or a burst of them.
func TestHotPathsDoNotAllocate(t *testing.T) {
	r := newRig(t, herd(100)...)
	sender := r.named["herd.0"]
	for _, p := range hotPaths {
		many := slices.Concat(slices.Repeat([][]byte{p.frame}, burst)...)
		half := len(p.frame) / 2
		for name, do := range map[string]func(){
			"whole": func() { r.event(sender, p.frame) },
			"in two pieces": func() {
				r.event(sender, p.frame[:half])
				r.event(sender, p.frame[half:])
			},
			"a burst": func() { r.event(sender, many) },
		} {
			before := r.frames()
			if n := testing.AllocsPerRun(200, do); n != 0 {
				t.Errorf("%s, %s: %v allocations", p.name, name, n)
			}
			runs := 201 // AllocsPerRun has one to warm up
			if name == "a burst" {
				runs *= burst
			}
			if got := r.frames() - before; got != p.out*runs {
				t.Errorf("%s, %s: %d deliveries, want %d", p.name, name, got, p.out*runs)
			}
		}
	}
	long := message(1, "herd.1", string(make([]byte, 80_000)))
	if n := testing.AllocsPerRun(200, func() {
		sender.Received(long[:30_000])
		sender.Filled(copy(sender.Room(), long[30_000:60_000]))
		sender.Received(long[60_000:])
		r.event(sender, nil)
	}); n != 0 {
		t.Errorf("a long message: %v allocations", n)
	}
	for name, s := range r.named {
		if s.paused != 0 || s.state != stateLive || !s.out.ring.Empty() || s.out.acks.Load() != 0 {
			t.Errorf("%s is left in state %d, paused for %b", name, s.state, s.paused)
		}
	}
}

// frames is how many deliveries the rig has written.
func (r *rig) frames() int { return int(r.shard.totals.wFrames.Load()) }

// In-process clients take no memory either, whoever they speak to, as long as
// they receive in batches.
func TestInsideDoesNotAllocate(t *testing.T) {
	r := newRig(t, herd(directWrites-1)...)
	b := r.shard.broker
	ctx := t.Context()
	alice, bob := mustRegister(t, b, "alice"), mustRegister(t, b, "bob")
	if err := bob.Subscribe(ctx, "inside/topic"); err != nil {
		t.Fatal(err)
	}
	payload := make([]byte, 100)
	do := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	receive := func() {
		batch, err := bob.RecvBatch(ctx)
		if err != nil || len(batch) != 1 {
			t.Errorf("%d frames, %v", len(batch), err)
		}
	}
	for name, f := range map[string]func(){
		"message inside":        func() { do(alice.Send(ctx, "bob", payload, codec.QoSProcessed)); receive() },
		"publish inside":        func() { do(alice.Publish(ctx, "inside/topic", payload, codec.QoSProcessed)); receive() },
		"broadcast inside":      func() { do(alice.Broadcast(ctx, "bob", payload, codec.QoSNo)); receive() },
		"message to a socket":   func() { do(alice.Send(ctx, "herd.0", payload, codec.QoSProcessed)) },
		"broadcast to sockets":  func() { do(alice.Broadcast(ctx, "herd.*", payload, codec.QoSProcessed)) },
		"message to nobody":     func() { do(alice.Send(ctx, "nobody", payload, codec.QoSNo)) },
		"message, to confirm":   func() { _, err := alice.SendAsync(ctx, "bob", payload, codec.QoSProcessed); do(err); receive() },
		"publish to an outcast": func() { _ = alice.Publish(ctx, ".broker/info", payload, codec.QoSProcessed) },
	} {
		if n := testing.AllocsPerRun(500, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// Nor does it where each frame is looked up in lists of masks.
func TestAccessDoesNotAllocate(t *testing.T) {
	r := newRig(t, herd(100)...)
	sender := r.named["herd.0"]
	sender.access = limitedAccess(t)
	for _, p := range hotPaths {
		before := r.frames()
		if n := testing.AllocsPerRun(200, func() { r.event(sender, p.frame) }); n != 0 {
			t.Errorf("%s: %v allocations", p.name, n)
		}
		if got := r.frames() - before; got != p.out*201 {
			t.Errorf("%s: %d deliveries, want %d", p.name, got, p.out*201)
		}
	}
	sender.access = guard(t, "x", FullAccess().DenyMessage().DenyBroadcast().DenyPublish()).entry("x")
	for _, p := range hotPaths {
		if n := testing.AllocsPerRun(200, func() { r.event(sender, p.frame) }); n != 0 {
			t.Errorf("denied, %s: %v allocations", p.name, n)
		}
	}
}
