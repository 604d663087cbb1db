package engine

import (
	"fmt"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// got maps a client to what it should receive.
type got map[string][]string

// Each case: alice sends, and everybody receives exactly what is listed. bob
// and bob%%1 are on another loop than alice and a.b.
var operationCases = []struct {
	rule, name string
	subscribed map[string][]string
	excluded   map[string][]string
	sent       []byte
	want       got
}{
	{rule: "O1", name: "message", sent: message(0, "bob", "hi"), want: got{"bob": {"message alice: hi"}}},
	{
		rule: "O1", name: "message with ack", sent: message(7, "bob", "hi"),
		want: got{"bob": {"message alice: hi"}, "alice": {"ack 7 ok"}},
	},
	{
		rule: "O1", name: "empty message", sent: message(7, "bob", ""),
		want: got{"bob": {"message alice: "}, "alice": {"ack 7 ok"}},
	},
	{
		rule: "O7", name: "message to oneself", sent: message(7, "alice", "hi"),
		want: got{"alice": {"message alice: hi", "ack 7 ok"}},
	},
	{
		rule: "O1", name: "message to a secondary", sent: message(7, "bob%%1", "hi"),
		want: got{"bob%%1": {"message alice: hi"}, "alice": {"ack 7 ok"}},
	},
	{rule: "O1", name: "unknown", sent: message(7, "nobody", "hi"), want: got{"alice": {"ack 7 not registered"}}},
	{rule: "O1", name: "unknown without ack", sent: message(0, "nobody", "hi")},
	{rule: "O1", name: "no mask", sent: message(7, "*", "hi"), want: got{"alice": {"ack 7 not registered"}}},
	{rule: "O1", name: "empty target", sent: message(7, "", "hi"), want: got{"alice": {"ack 7 not registered"}}},
	{rule: "O1", name: "the broker", sent: message(7, coreName, "hi"), want: got{"alice": {"ack 7 ok"}}},

	{
		rule: "O2", name: "broadcast to all", sent: broadcast(7, "*", "hi"),
		want: got{
			"alice": {"broadcast alice: hi", "ack 7 ok"}, "bob": {"broadcast alice: hi"},
			"bob%%1": {"broadcast alice: hi"}, "a.b": {"broadcast alice: hi"},
		},
	},
	{
		rule: "O2", name: "mask", sent: broadcast(7, "a.?", "hi"),
		want: got{"a.b": {"broadcast alice: hi"}, "alice": {"ack 7 ok"}},
	},
	{
		rule: "O2", name: "mask without ack", sent: broadcast(0, "?", "hi"),
		want: got{"alice": {"broadcast alice: hi"}, "bob": {"broadcast alice: hi"}, "bob%%1": {"broadcast alice: hi"}},
	},
	{
		rule: "O8", name: "broadcast to a name", sent: broadcast(7, "bob", "hi"),
		want: got{"bob": {"broadcast alice: hi"}, "alice": {"ack 7 ok"}},
	},
	{rule: "O8", name: "broadcast to nobody", sent: broadcast(7, "nobody", "hi"), want: got{"alice": {"ack 7 ok"}}},
	{rule: "O2", name: "broadcast to no name", sent: broadcast(7, "", "hi"), want: got{"alice": {"ack 7 ok"}}},
	{rule: "O2", name: "broadcast to the broker", sent: broadcast(7, coreName, "hi"), want: got{"alice": {"ack 7 ok"}}},

	{
		rule: "O3", name: "publish", subscribed: map[string][]string{"bob": {"a/b"}, "a.b": {"x"}},
		sent: publish(7, "a/b", "hi"), want: got{"bob": {"publish alice a/b: hi"}, "alice": {"ack 7 ok"}},
	},
	{
		rule: "O3", name: "one copy, the publisher too",
		subscribed: map[string][]string{"alice": {"a/b"}, "bob": {"a/b", "a/+", "#", "+/b", "a/#", "a/#/c"}, "bob%%1": {"+/#"}},
		sent:       publish(7, "a/b", "hi"),
		want: got{
			"alice": {"publish alice a/b: hi", "ack 7 ok"}, "bob": {"publish alice a/b: hi"}, "bob%%1": {"publish alice a/b: hi"},
		},
	},
	{
		rule: "O3", name: "publish to all four",
		subscribed: map[string][]string{"alice": {"#"}, "bob": {"#"}, "bob%%1": {"#"}, "a.b": {"#"}},
		sent:       publish(7, "a", "hi"),
		want: got{
			"alice": {"publish alice a: hi", "ack 7 ok"}, "bob": {"publish alice a: hi"},
			"bob%%1": {"publish alice a: hi"}, "a.b": {"publish alice a: hi"},
		},
	},
	{rule: "O3", name: "publish to nobody", sent: publish(7, "a/b", "hi"), want: got{"alice": {"ack 7 ok"}}},
	{rule: "O3", name: "publish without ack", sent: publish(0, "a/b", "hi")},
	{
		rule: "O3", name: "the empty topic", subscribed: map[string][]string{"bob": {""}, "a.b": {"#"}},
		sent: publish(7, "", "hi"),
		want: got{"bob": {"publish alice : hi"}, "a.b": {"publish alice : hi"}, "alice": {"ack 7 ok"}},
	},
	{
		rule: "O8", name: "wildcards in a published topic are literals",
		subscribed: map[string][]string{"bob": {"a/b"}, "a.b": {"a/+"}},
		sent:       publish(7, "a/#", "hi"), want: got{"a.b": {"publish alice a/#: hi"}, "alice": {"ack 7 ok"}},
	},
	{
		rule: "O10", name: "exclusions",
		subscribed: map[string][]string{"bob": {"#"}, "bob%%1": {"#"}, "a.b": {"#"}},
		excluded:   map[string][]string{"bob": {"a/+"}, "bob%%1": {"x", "a/b/c", "b/#"}},
		sent:       publish(7, "a/b", "hi"),
		want:       got{"bob%%1": {"publish alice a/b: hi"}, "a.b": {"publish alice a/b: hi"}, "alice": {"ack 7 ok"}},
	},
	{
		rule: "O10", name: "exclusions do not concern messages and broadcasts",
		excluded: map[string][]string{"bob": {"#"}, "a.b": {"#", ""}},
		sent:     append(message(7, "bob", "hi"), broadcast(8, "a.?", "ho")...),
		want:     got{"bob": {"message alice: hi"}, "a.b": {"broadcast alice: ho"}, "alice": {"ack 7 ok", "ack 8 ok"}},
	},

	{
		rule: "O4", name: "publish_for: a primary and its secondaries",
		subscribed: map[string][]string{"alice": {"#"}, "bob": {"#"}, "bob%%1": {"a"}, "a.b": {"#"}},
		sent:       publishFor(7, "a", "bob", "hi"),
		want:       got{"bob": {"publish alice a: hi"}, "bob%%1": {"publish alice a: hi"}, "alice": {"ack 7 ok"}},
	},
	{
		rule: "O4", name: "publish_for oneself", subscribed: map[string][]string{"alice": {"#"}, "bob": {"#"}},
		sent: publishFor(7, "a", "alice", "hi"), want: got{"alice": {"publish alice a: hi", "ack 7 ok"}},
	},
	{
		rule: "O4", name: "publish_for one who excludes", subscribed: map[string][]string{"bob": {"#"}, "bob%%1": {"#"}},
		excluded: map[string][]string{"bob": {"a"}},
		sent:     publishFor(0, "a", "bob", "hi"), want: got{"bob%%1": {"publish alice a: hi"}},
	},
	{
		rule: "O4", name: "publish_for one who did not subscribe", subscribed: map[string][]string{"a.b": {"#"}},
		sent: publishFor(7, "a", "bob", "hi"), want: got{"alice": {"ack 7 ok"}},
	},
}

func TestOperations(t *testing.T) {
	for _, tt := range operationCases {
		t.Run(tt.rule+" "+tt.name, func(t *testing.T) {
			b := newBus(t, 2, Options{})
			all := map[string]*client{}
			for i, name := range []string{"alice", "a.b", "bob", "bob%%1"} {
				all[name] = b.connectOn(i/2, name)
			}
			for name, c := range all {
				if topics := tt.subscribed[name]; topics != nil {
					c.subscribe(topics...)
				}
				if topics := tt.excluded[name]; topics != nil {
					c.send(list(1, codec.OpExclude, topics...))
					c.expect("ack 1 ok")
				}
			}
			all["alice"].send(tt.sent)
			for name, c := range all {
				c.expect(tt.want[name]...)
			}
		})
	}
}

// The receiver of publish_for is compared as text [BUSRT-O4].
func TestPublishForReceiverIsText(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connect("bob")
	second := b.connect("bob%%1")
	c.subscribe("#")
	second.subscribe("#")
	for _, receiver := range []string{"", "*", "?", "#", "bob%%1", "bob%%", "Bob", "bo", "bobb"} {
		c.send(publishFor(7, "a", receiver, "hi"))
		c.expect("ack 7 ok")
		second.expect()
	}
}

// A realtime frame is delivered as one, by each way [BUSRT-O15] [BUSRT-B3]
// [BUSRT-B4].
func TestRealtime(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connect("alice")
	c.subscribe("a")
	for _, q := range []codec.QoS{codec.QoSRealtime, codec.QoSRealtimeProcessed} {
		c.send(
			codec.AppendFrame(nil, 7, codec.OpMessage, q, "alice", []byte("x")),
			codec.AppendFrame(nil, 7, codec.OpBroadcast, q, "alice", []byte("x")),
			codec.AppendFrame(nil, 7, codec.OpPublish, q, "a", []byte("x")),
			codec.AppendPublishFor(nil, 7, q, "a", "alice", []byte("x")),
			codec.AppendTopics(nil, 7, codec.OpSubscribe, q, "a"),
		)
		frames := []string{"message! alice: x", "broadcast! alice: x", "publish! alice a: x", "publish! alice a: x"}
		var want []string
		for _, f := range frames {
			want = append(want, f)
			if q.NeedsAck() {
				want = append(want, "ack 7 ok")
			}
		}
		if q.NeedsAck() {
			want = append(want, "ack 7 ok")
		}
		c.expect(want...)
	}
}

// Lists of topics are acked once, whatever is in them [BUSRT-O5] [BUSRT-O6].
func TestTopicOperationsAreAcked(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connect("alice")
	for _, op := range []codec.Op{codec.OpSubscribe, codec.OpUnsubscribe, codec.OpExclude, codec.OpUnexclude} {
		for n, topics := range [][]string{nil, {""}, {"a"}, {"a", "b", "a"}, {"unknown"}, {topicWarn}, {"", ""}} {
			for range 2 {
				id := uint32(100*int(op) + n)
				c.send(list(id, op, topics...), list(0, op, topics...))
				c.expect(fmt.Sprintf("ack %d ok", id))
			}
		}
	}
}

// Every id is acked, even one that repeats, and zero [BUSRT-O11].
func TestAckIDs(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connect("alice")
	for _, id := range []uint32{0, 1, 1, 1 << 31, 1<<32 - 1} {
		c.send(codec.AppendFrame(nil, id, codec.OpMessage, codec.QoSProcessed, "nobody", nil))
		c.expect(fmt.Sprintf("ack %d not registered", id))
	}
}
