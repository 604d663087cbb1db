package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// A panic while something is announced leaves the turn to others: what happens
// later is announced.
//
// Mutant it fails with: publishAnnouncements without abandon.
func TestAnnouncePanic(t *testing.T) {
	b := newBus(t, 1, Options{})
	watcher := b.connect("watcher")
	watcher.subscribe(topicInfo)
	b.run()
	watcher.got()
	b.broker.topics.add(topicInfo, nil) // a receiver that cannot be
	func() {
		defer func() {
			if recover() == nil {
				t.Error("nothing has panicked")
			}
		}()
		b.open(0, local(1000)).say(hello("a"), "\x01\x01")
	}()
	b.broker.topics.remove(topicInfo, nil)
	b.loops[0].shard.Flush()
	b.connect("b")
	if got := watcher.got(); !slices.Contains(got, info("reg", "b")) {
		t.Errorf("announced %q", got)
	}
}

// Groups of many loops that are open at once together stay below the limit: no
// receiver is cut off though each loop saw an empty queue [BUSRT-O12].
//
// Mutant it fails with: openGroup that takes the whole credit.
func TestGroupsOfManyLoops(t *testing.T) {
	const loops = 4
	for frames := 1; frames <= 16; frames++ {
		b := newBus(t, loops, Options{QueueFrames: 16})
		slow, rest := b.slowOne(true)
		var senders []*client
		for i := range loops {
			senders = append(senders, b.connectOn(i, fmt.Sprint("sender", i)))
		}
		b.run()
		for _, s := range senders {
			var packet []byte
			for range frames {
				packet = append(packet, publish(0, "t", "x")...)
			}
			s.session.Received(packet)
		}
		for _, l := range b.loops {
			l.shard.Flush()
		}
		if n := b.broker.ended[reasonQueueFull].Load() + b.broker.dropped[reasonQueueFull].Load(); n != 0 || slow.session.state != stateLive {
			t.Errorf("%d frames of each loop: the slow one was cut off with %d frames", frames, levelFrames(slow.session.out.level.Load()))
		}
		slow.fits(socketBuffer)
		b.run()
		if n, m := len(slow.got()), len(rest[0].got()); n != m {
			t.Errorf("%d frames of each loop: %d arrived, %d elsewhere", frames, n, m)
		}
	}
}

// A sender whose receivers are all above their marks notes each once, and none
// while it has a grace [BUSRT-O17].
//
// Mutants it fails with: hold that does not note the round; hold of a hasty one.
func TestHeldOnce(t *testing.T) {
	b := newBus(t, 1, Options{QueueFrames: 100})
	st := &b.loops[0].shard.staging
	p := &b.connect("slow").session.peer
	other := &b.connect("other").session.peer
	e, o := &entry{peer: p}, &entry{peer: other}
	for range 3 {
		st.hold(e)
		st.hold(o)
	}
	if !slices.Equal(st.held, []*peer{p, other}) {
		t.Errorf("%d are held for", len(st.held))
	}
	st.holdNobody()
	st.hold(e)
	if !slices.Equal(st.held, []*peer{p}) {
		t.Errorf("%d are held for in the next round", len(st.held))
	}
	st.holdNobody()
	st.hasty = true
	st.hold(o)
	if len(st.held) != 0 {
		t.Error("held for, though the sender is not to be")
	}
	st.hasty = false
}

// Shutdown gives up waiting for its notice to be queued when its context ends.
func TestShutdownWithAStagingStuck(t *testing.T) {
	b := newBus(t, 1, Options{})
	if !b.broker.announcements.enabled.Load() {
		t.Fatal("announces nothing")
	}
	b.broker.announcements.queue(announcement{event: codec.EventReg, name: "x"})
	if !b.broker.announcements.begin() {
		t.Fatal("no turn")
	}
	b.connect("c")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.broker.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown: %v", err)
	}
	b.broker.announcements.abandon()
}
