package engine

import (
	"fmt"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// crowd connects n clients, in turn on each loop, all subscribed to "all".
func (b *bus) crowd(n int) []*client {
	b.Helper()
	var all []*client
	for i := range n {
		c := b.connectOn(i%len(b.loops), fmt.Sprintf("c.%d", i))
		c.subscribe("all")
		all = append(all, c)
	}
	return all
}

// One sender's frames keep their order at each receiver, of whatever kind and
// however they are staged, and a frame to oneself precedes its ack [BUSRT-O7].
func TestOrderOfOnePacket(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 5, 70} { // groups from 4 on, parked from 64 on
		b := newBus(t, 2, Options{})
		all := b.crowd(n)
		me, last := all[0], all[n-1]
		var sent []byte
		var mine, theirs []string
		id := uint32(0)
		both := func(text string) {
			if mine = append(mine, text); n > 1 {
				theirs = append(theirs, text)
			}
		}
		ack := func() { mine = append(mine, fmt.Sprintf("ack %d ok", id)) }
		for round := range 3 {
			x := fmt.Sprint(round)
			id++
			sent = append(sent, publish(id, "all", x)...)
			both("publish c.0 all: " + x)
			ack()
			sent = append(sent, publish(0, "all", x)...)
			both("publish c.0 all: " + x)
			id++
			sent = append(sent, message(id, last.name, x)...)
			if n > 1 {
				theirs = append(theirs, "message c.0: "+x)
			} else {
				mine = append(mine, "message c.0: "+x)
			}
			ack()
			id++
			sent = append(sent, broadcast(id, "c.?", x)...)
			both("broadcast c.0: " + x)
			ack()
			id++
			sent = append(sent, message(id, me.name, x)...)
			mine = append(mine, "message c.0: "+x)
			ack()
			id++
			sent = append(sent, publishFor(id, "all", last.name, x)...)
			if n > 1 {
				theirs = append(theirs, "publish c.0 all: "+x)
			} else {
				mine = append(mine, "publish c.0 all: "+x)
			}
			ack()
		}
		for _, c := range all {
			c.got() // what announcements there were
		}
		me.send(sent)
		me.expect(mine...)
		if n > 1 {
			last.expect(theirs...)
		}
	}
}

// When an ack leaves, its frame is in the queue of each receiver [BUSRT-O11].
func TestAcksLeaveLast(t *testing.T) {
	for _, n := range []int{2, 3, 4, 5, 70, 200} {
		b := newBus(t, 2, Options{})
		all := b.crowd(n)
		for _, c := range all {
			c.got()
		}
		me, wrote := all[0], 0
		me.beforeWrite = func() {
			wrote++
			for _, c := range all[1:] {
				if len(c.out) == 0 && c.session.out.ring.Empty() {
					t.Errorf("of %d: the ack leaves, but %s has nothing yet", n, c.name)
				}
			}
		}
		me.send(publish(1, "all", "x"))
		me.expect("publish c.0 all: x", "ack 1 ok")
		for _, c := range all[1:] {
			c.expect("publish c.0 all: x")
		}
		me.send(broadcast(1, "*", "x"))
		me.expect("broadcast c.0: x", "ack 1 ok")
		for _, c := range all[1:] {
			c.expect("broadcast c.0: x")
		}
		for _, c := range all[1:] {
			me.send(message(1, c.name, "x"))
		}
		b.run()
		if wrote == 0 {
			t.Error("nothing was written to the sender")
		}
		me.beforeWrite = nil
	}
}

// Several senders may be read in one event of a transport; each keeps its
// order, and its acks come last.
func TestOrderOfSeveralSendersInOneEvent(t *testing.T) {
	b := newBus(t, 1, Options{})
	alice, bob, carol := b.connect("alice"), b.connect("bob"), b.connect("carol")
	for i := range 3 {
		x := fmt.Sprint(i)
		alice.session.Received(append(message(1, "bob", x), message(2, "carol", x)...))
		bob.session.Received(append(message(1, "alice", x), message(2, "carol", x)...))
	}
	b.loops[0].shard.Flush()
	alice.expect(
		"ack 1 ok", "ack 2 ok", "message bob: 0",
		"ack 1 ok", "ack 2 ok", "message bob: 1",
		"ack 1 ok", "ack 2 ok", "message bob: 2",
	)
	bob.expect(
		"message alice: 0", "ack 1 ok", "ack 2 ok",
		"message alice: 1", "ack 1 ok", "ack 2 ok",
		"message alice: 2", "ack 1 ok", "ack 2 ok",
	)
	carol.expect(
		"message alice: 0", "message bob: 0", "message alice: 1", "message bob: 1", "message alice: 2", "message bob: 2",
	)
}

// Where one part of a receiver's queue ends and the next begins does not show,
// whatever the sizes of frames: segments, shared ones, and what is taken in
// small pieces.
func TestOrderOfLargeAndSmall(t *testing.T) {
	for _, gulp := range []int{socketBuffer, 4096, 1000, 7} {
		b := newBus(t, 2, Options{})
		all := b.crowd(5)
		me, far := all[0], all[3]
		for _, c := range all {
			c.got()
			c.gulp = gulp
		}
		var want []string
		for i, size := range []int{10, 5000, 0, 4096, 70_000, 1, 4000, 100, 200_000, 8} {
			payload := string(numbered(i, size))
			if i%2 == 0 {
				me.send(publish(0, "all", payload))
				want = append(want, "publish c.0 all: "+payload)
			} else {
				me.send(message(0, far.name, payload))
				want = append(want, "message c.0: "+payload)
			}
		}
		got := far.got()
		if len(got) != len(want) {
			t.Fatalf("gulp %d: %d frames, want %d", gulp, len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("gulp %d: frame %d is not what was sent", gulp, i)
			}
		}
	}
}

// numbered makes a payload that tells its frame and every position in it.
func numbered(frame, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(frame*31 + i + i>>8)
	}
	return b
}

// Of frames that are refused, and those that are not, each is acked once, in
// the order sent [BUSRT-O11].
func TestOneAckPerID(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connect("alice")
	c.subscribe("a")
	var want []string
	for id := uint32(1); id < 1000; id += 10 {
		c.send(
			message(id, "nobody", "x"), message(id+1, "alice", "x"), publish(id+2, "a", "x"),
			publish(id+3, topicInfo, "x"), broadcast(id+4, "nobody", "x"), publishFor(id+5, "a", "alice", "x"),
			list(id+6, codec.OpExclude, "y"), codec.AppendPing(nil), message(0, "nobody", "x"),
		)
		want = append(
			want, fmt.Sprintf("ack %d not registered", id),
			"message alice: x", fmt.Sprintf("ack %d ok", id+1),
			"publish alice a: x", fmt.Sprintf("ack %d ok", id+2),
			fmt.Sprintf("ack %d access denied", id+3), fmt.Sprintf("ack %d ok", id+4),
			"publish alice a: x", fmt.Sprintf("ack %d ok", id+5), fmt.Sprintf("ack %d ok", id+6),
		)
	}
	c.expect(want...)
}
