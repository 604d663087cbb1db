package engine

import (
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// counts are frames and bytes, received and sent.
type counts [4]uint64

func (t *traffic) counts() counts {
	return counts{t.rFrames.Load(), t.rBytes.Load(), t.wFrames.Load(), t.wBytes.Load()}
}

// counts are those of the whole broker.
func (b *bus) counts() counts {
	s := b.broker.stats()
	return counts{s.RFrames, s.RBytes, s.WFrames, s.WBytes}
}

func (c counts) minus(o counts) counts {
	for i := range c {
		c[i] -= o[i]
	}
	return c
}

// Received: frames and bytes of their bodies. Sent: per receiver the body as it
// came in, and 6 bytes for an ack [BUSRT-O16].
func TestCounters(t *testing.T) {
	// alice sends; alice, bob and carol subscribe to "all", carol and four more
	// clients to "wide".
	tests := []struct {
		name              string
		sent              []byte
		alice, bob, total counts
	}{
		{"ping", codec.AppendPing(nil), counts{}, counts{}, counts{}},
		{
			"nop with QoS", []byte("\x01\x00\x00\x00\x40\x03\x00\x00\x00a\x00b"),
			counts{},
			counts{},
			counts{},
		},
		{"message", message(0, "bob", "12345"), counts{1, 9, 0, 0}, counts{0, 0, 1, 9}, counts{1, 9, 1, 9}},
		{"message with ack", message(1, "bob", "12345"), counts{1, 9, 1, 6}, counts{0, 0, 1, 9}, counts{1, 9, 2, 15}},
		{"to oneself", message(1, "alice", ""), counts{1, 6, 2, 12}, counts{}, counts{1, 6, 2, 12}},
		{"to nobody", message(1, "nobody", "x"), counts{1, 8, 1, 6}, counts{}, counts{1, 8, 1, 6}},
		{"publish", publish(1, "all", "xyz"), counts{1, 7, 2, 13}, counts{0, 0, 1, 7}, counts{1, 7, 4, 27}},
		{"publish, shared", publish(0, "wide", "x"), counts{1, 6, 0, 0}, counts{}, counts{1, 6, 5, 30}},
		{
			"publish, shared, twice", append(publish(0, "wide", "x"), publish(0, "wide", "xy")...),
			counts{2, 13, 0, 0},
			counts{},
			counts{2, 13, 10, 65},
		},
		{"publish to nobody", publish(0, "none", "x"), counts{1, 6, 0, 0}, counts{}, counts{1, 6, 0, 0}},
		{
			"publish_for counts the receiver's name", publishFor(1, "all", "bob", "x"),
			counts{1, 9, 1, 6},
			counts{0, 0, 1, 9},
			counts{1, 9, 2, 15},
		},
		{"broadcast", broadcast(1, "bob", "x"), counts{1, 5, 1, 6}, counts{0, 0, 1, 5}, counts{1, 5, 2, 11}},
		{"denied publish", publish(1, topicInfo, "x"), counts{0, 0, 1, 6}, counts{}, counts{0, 0, 1, 6}},
		{"denied publish_for", publishFor(0, topicInfo, "bob", "x"), counts{}, counts{}, counts{}},
		{"subscribe", list(1, codec.OpSubscribe, "a", "bc"), counts{1, 4, 1, 6}, counts{}, counts{1, 4, 1, 6}},
		{"unsubscribe", list(0, codec.OpUnsubscribe, "a", "bc"), counts{1, 4, 0, 0}, counts{}, counts{1, 4, 0, 0}},
		{"no topic", list(0, codec.OpExclude), counts{1, 0, 0, 0}, counts{}, counts{1, 0, 0, 0}},
		{"to the broker", message(0, coreName, "x"), counts{1, 9, 0, 0}, counts{}, counts{1, 9, 1, 9}},
		{
			"a call: the answer counts its payload", message(0, coreName, "\x01\x01\x00\x00\x00test\x00"),
			counts{1, 18, 1, 10},
			counts{},
			counts{2, 28, 2, 28},
		},
		{
			"broadcast to the broker too", broadcast(0, ".broker", "x"),
			counts{1, 9, 0, 0},
			counts{},
			counts{1, 9, 1, 9},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBus(t, 2, Options{})
			alice, bob, carol := b.connect("alice"), b.connectOn(1, "bob"), b.connect("carol")
			alice.subscribe("all")
			bob.subscribe("all")
			carol.subscribe("all", "wide")
			for _, name := range []string{"d", "e", "f", "g"} {
				b.connectOn(1, name).subscribe("wide")
			}
			b.run()
			before := []counts{alice.session.traffic.counts(), bob.session.traffic.counts(), b.counts()}
			alice.send(tt.sent)
			b.run()
			for i, now := range []counts{alice.session.traffic.counts(), bob.session.traffic.counts(), b.counts()} {
				want := []counts{tt.alice, tt.bob, tt.total}[i]
				if got := now.minus(before[i]); got != want {
					t.Errorf("%s: %v, want %v", []string{"alice", "bob", "broker"}[i], got, want)
				}
			}
		})
	}
}

// In-process frames count their payload; what a loop that ends has counted is
// not lost [BUSRT-O16].
func TestCountersOfCoreAndOfEndedLoops(t *testing.T) {
	b := newBus(t, 2, Options{})
	bob := b.connectOn(1, "bob")
	before, of := b.counts(), bob.session.traffic.counts()
	core := b.broker.Core()
	_ = core.Message(t.Context(), "bob", []byte("12345"), codec.QoSNo)
	_ = core.Broadcast(t.Context(), "b?b", []byte("1"), codec.QoSNo)
	_ = core.Publish(t.Context(), "none", []byte("123"), codec.QoSNo)
	bob.expect("message .broker: 12345")
	if got, want := b.counts().minus(before), (counts{3, 9, 1, 5}); got != want {
		t.Errorf("broker: %v, want %v", got, want)
	}
	if got, want := bob.session.traffic.counts().minus(of), (counts{0, 0, 1, 5}); got != want {
		t.Errorf("bob: %v, want %v", got, want)
	}
	bob.send(message(0, "nobody", "x"))
	bob.leave()
	before = b.counts()
	b.loops[1].shard.Close()
	if got := b.counts().minus(before); got != (counts{}) {
		t.Errorf("the end of a loop changes the counters by %v", got)
	}
	b.loops = b.loops[:1]
}

// NOPs are counted nowhere [BUSRT-O16].
func TestCountersWithoutNops(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connect("alice")
	before := b.counts()
	b.loops[0].shard.nop(&c.session.peer)
	b.loops[0].shard.Flush()
	c.expect("nop")
	if got := b.counts().minus(before); got != (counts{}) || c.session.out.acks.Load() != 0 {
		t.Errorf("counted %v, %d bytes of acks left", got, c.session.out.acks.Load())
	}
}
