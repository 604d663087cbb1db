package engine

import (
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// A subscription is its exact text; subscribing twice and unsubscribing once is
// none. So it is for exclusions, of which any that matches is enough.
func TestSubscriptionsAreTexts(t *testing.T) {
	b := newBus(t, 2, Options{})
	bob := b.connectOn(1, "bob")
	alice := b.connect("alice")
	const hit, miss = "publish alice a/b: x", ""
	for _, step := range []struct {
		op     codec.Op
		topics []string
		want   string
	}{
		{codec.OpSubscribe, []string{"a/b"}, hit},
		{codec.OpSubscribe, []string{"a/b"}, hit},
		{codec.OpUnsubscribe, []string{"a/b"}, miss},
		{codec.OpUnsubscribe, []string{"a/b"}, miss},
		{codec.OpSubscribe, []string{"a/#", "a/#/c"}, hit},
		{codec.OpUnsubscribe, []string{"a/#"}, hit}, // two subscriptions, though they match the same
		{codec.OpUnsubscribe, []string{"a/#/d"}, hit},
		{codec.OpUnsubscribe, []string{"a/b", "#"}, hit},
		{codec.OpUnsubscribe, []string{"a/#/c"}, miss},
		{codec.OpSubscribe, []string{"x", "a/+", "y"}, hit},
		{codec.OpExclude, []string{"a/#", "a/#/c"}, miss},
		{codec.OpSubscribe, []string{"#"}, miss},
		{codec.OpUnexclude, []string{"a/#"}, miss},
		{codec.OpUnexclude, []string{"a/#/c"}, hit},
		{codec.OpExclude, []string{"a/b", "a/b"}, miss},
		{codec.OpUnexclude, []string{"a/b"}, hit},
		{codec.OpExclude, nil, hit}, // the empty topic
		{codec.OpUnsubscribe, []string{"#", "a/+"}, miss},
		{codec.OpUnexclude, []string{""}, miss},
	} {
		bob.send(list(1, step.op, step.topics...))
		bob.expect("ack 1 ok")
		alice.send(publish(0, "a/b", "x"))
		if step.want == miss {
			bob.expect()
		} else {
			bob.expect(step.want)
		}
	}
}

// What is acked is in force for whatever is sent after it, on any loop, though
// the topic was published before [BUSRT-O7].
func TestSubscriptionsAreInForceOnceAcked(t *testing.T) {
	b := newBus(t, 3, Options{})
	first, second := b.connectOn(0, "first"), b.connectOn(1, "second")
	bob := b.connectOn(2, "bob")
	for range 3 {
		first.send(publish(0, "a", "1"))
		second.send(publish(0, "a", "2"))
		bob.expect()
		bob.subscribe("a")
		first.send(publish(0, "a", "3"))
		bob.expect("publish first a: 3")
		second.send(publish(0, "a", "4"))
		bob.expect("publish second a: 4")
		bob.send(list(1, codec.OpUnsubscribe, "a"), publish(2, "a", "not to me"))
		bob.expect("ack 1 ok", "ack 2 ok")
	}
	bob.send(list(1, codec.OpSubscribe, "b"), publish(2, "b", "to me"))
	bob.expect("ack 1 ok", "publish bob b: to me", "ack 2 ok")
}

// A name that comes or goes is seen by the masks of all loops at once.
func TestMasksFollowNames(t *testing.T) {
	b := newBus(t, 3, Options{})
	first, second := b.connectOn(0, "first"), b.connectOn(1, "second")
	for range 3 {
		first.send(broadcast(1, "g.*", "x"))
		second.send(broadcast(1, "g.*", "x"))
		first.expect("ack 1 ok")
		second.expect("ack 1 ok")
		c := b.connectOn(2, "g.c")
		first.send(broadcast(0, "g.*", "y"))
		c.expect("broadcast first: y")
		second.send(broadcast(0, "g.*", "z"))
		c.expect("broadcast second: z")
		c.leave()
	}
}

// Every client gets the broker's warnings unless it says otherwise [BUSRT-O9],
// once however it asks for them.
func TestWarnings(t *testing.T) {
	b := newBus(t, 2, Options{})
	var all []*client
	for i, c := range []struct {
		op     codec.Op
		topics []string
		want   int
	}{
		{codec.OpNop, nil, 1},
		{codec.OpUnsubscribe, []string{topicWarn}, 0},
		{codec.OpSubscribe, []string{topicWarn}, 1},
		{codec.OpSubscribe, []string{"#"}, 1},
		{codec.OpSubscribe, []string{".broker/+", topicWarn}, 1},
		{codec.OpExclude, []string{topicWarn}, 0},
		{codec.OpExclude, []string{".broker/#"}, 0},
		{codec.OpExclude, []string{topicInfo}, 1},
		{codec.OpUnsubscribe, []string{"#", ".broker/+"}, 1},
	} {
		x := b.connectOn(i%2, string(rune('a'+i)))
		if c.op != codec.OpNop {
			x.send(list(1, c.op, c.topics...))
			x.expect("ack 1 ok")
		}
		all = append(all, x)
		defer func() {
			warnings := 0
			for _, text := range x.got() {
				if text == shutdownNotice {
					warnings++
				}
			}
			if warnings != c.want {
				t.Errorf("%v %q: %d warnings, want %d", c.op, c.topics, warnings, c.want)
			}
		}()
	}
	deafOnce := all[1]
	deafOnce.send(list(1, codec.OpSubscribe, topicWarn), list(2, codec.OpUnsubscribe, topicWarn))
	deafOnce.expect("ack 1 ok", "ack 2 ok")
	deafNoMore := b.connect("z")
	deafNoMore.send(list(1, codec.OpUnsubscribe, topicWarn), list(2, codec.OpSubscribe, topicWarn))
	deafNoMore.expect("ack 1 ok", "ack 2 ok")
	if err := b.shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown = %v", err)
	}
	deafNoMore.expect(shutdownNotice)
}

// What the broker's own client publishes to the topic of warnings reaches them
// all as well [BUSRT-O9].
func TestWarningsOfCore(t *testing.T) {
	b := newBus(t, 1, Options{})
	c, deaf := b.connect("alice"), b.connect("bob")
	deaf.send(list(1, codec.OpUnsubscribe, topicWarn))
	deaf.expect("ack 1 ok")
	if code := b.broker.Core().Publish(t.Context(), topicWarn, []byte("beware"), codec.QoSNo); code != codec.OK {
		t.Errorf("Publish = %v", code)
	}
	c.expect("publish .broker .broker/warn: beware")
	deaf.expect()
}
