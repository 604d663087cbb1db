package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// topicLimits are the limits of topics with a topic for each size.
var topicLimits = []struct {
	name  string
	o     Options
	limit int
	topic func(n int) string
}{
	{"length", Options{MaxTopic: 20}, 20, func(n int) string { return strings.Repeat("t", n) }},
	{"depth", Options{MaxTopicDepth: 5}, 5, func(n int) string { return strings.Repeat("/", n-1) }},
	{"length by default", Options{}, 64 << 10, func(n int) string { return strings.Repeat("t", n) }},
	{"depth by default", Options{}, 256, func(n int) string { return strings.Repeat("a/", n-1) + "b" }},
}

// A topic at the limit can be subscribed to, excluded and published; one above
// gets 72 and nothing else happens. In process it is codec.Data.
//
// Mutants it fails with: > for >= in checkTopic, and the reverse.
func TestTopicLimits(t *testing.T) {
	for _, tt := range topicLimits {
		for d := -1; d <= 1; d++ {
			t.Run(fmt.Sprintf("%s %+d", tt.name, d), func(t *testing.T) {
				topic, ok := tt.topic(tt.limit+d), d <= 0
				code, err := "data error", error(codec.Data)
				if ok {
					code, err = "ok", nil
				}
				b := newBus(t, 1, tt.o)
				c, all, in := b.connect("c"), b.connect("all"), b.insider("in", ClientOptions{})
				all.subscribe("#")
				b.run()
				c.got()
				c.send(publish(1, topic, "x"), publishFor(2, topic, "all", "y"))
				c.expect("ack 1 "+code, "ack 2 "+code)
				if n := len(all.got()); n != 2 && ok || n != 0 && !ok {
					t.Errorf("%d frames arrived", n)
				}
				want := []string{"ack 3 ok"}
				if !ok {
					want = []string{"ack 3 data error", "ack 3 ok"}
				}
				c.send(list(3, codec.OpSubscribe, topic, "other"))
				c.expect(want...)
				c.send(list(3, codec.OpExclude, topic, "another"))
				c.expect(want...)
				c.send(list(0, codec.OpExclude, topic), list(5, codec.OpUnsubscribe, topic))
				c.expect("ack 5 ok")
				if !b.broker.Subscribed("other") {
					t.Error("the other topic of the frame was not subscribed to")
				}
				ctx := t.Context()
				for what, got := range map[string]error{
					"publish":     in.Publish(ctx, topic, nil, codec.QoSProcessed),
					"publish for": in.PublishFor(ctx, topic, "all", nil, codec.QoSProcessed),
					"subscribe":   in.Subscribe(ctx, topic, "inside"),
					"exclude":     in.Exclude(ctx, topic),
					"core":        b.broker.Core().Publish(ctx, topic, nil, codec.QoSProcessed).Err(),
				} {
					if !errors.Is(got, err) {
						t.Errorf("%s inside: %v, want %v", what, got, err)
					}
				}
				if !b.broker.Subscribed("inside") {
					t.Error("the other topic inside was not subscribed to")
				}
				if n := b.broker.Stats().Denied; (len(n) == 0) != ok {
					t.Errorf("denied: %v", n)
				}
			})
		}
	}
}

// Subscriptions and exclusions at limit - 1, limit and limit + 1; one that is
// there may be asked for again, and one that ends makes room.
//
// Mutants it fails with: the limit off by one; unsubscribe that keeps the size.
func TestInterestLimits(t *testing.T) {
	for _, tt := range []struct {
		name    string
		add, rm codec.Op
		s       Settings
		limit   int
		why     reason
	}{
		{"subscriptions", codec.OpSubscribe, codec.OpUnsubscribe, Settings{MaxSubscriptions: 3}, 3, reasonSubscriptions},
		{"exclusions", codec.OpExclude, codec.OpUnexclude, Settings{MaxExclusions: 3}, 3, reasonExclusions},
		{"subscriptions, memory", codec.OpSubscribe, codec.OpUnsubscribe, Settings{MaxInterests: 4 * 130}, 4, reasonInterests},
		{"exclusions, memory", codec.OpExclude, codec.OpUnexclude, Settings{MaxInterests: 4 * 130}, 4, reasonInterests},
		{"subscriptions by default", codec.OpSubscribe, codec.OpUnsubscribe, Settings{}, 16 << 10, reasonSubscriptions},
		{"exclusions by default", codec.OpExclude, codec.OpUnexclude, Settings{}, 1 << 10, reasonExclusions},
	} {
		for from, place := range limitPlaces {
			t.Run(tt.name+" of the "+from, func(t *testing.T) {
				o, p := place(t, tt.s)
				b := newBus(t, 1, o)
				c := b.open(0, p)
				c.say(hello("c"), "\x01\x01")
				topic := func(i int) string { return fmt.Sprintf("%c%c", 0x21+i/128%128, 1+i%128) }
				if tt.limit > 1000 {
					topic = func(i int) string { return fmt.Sprint(i) }
				}
				var first []string
				for i := range tt.limit - 1 {
					first = append(first, topic(i))
				}
				c.send(list(1, tt.add, first...))
				c.expect("ack 1 ok") // limit - 1
				c.send(list(2, tt.add, topic(tt.limit-1)))
				c.expect("ack 2 ok") // limit
				c.send(list(3, tt.add, topic(tt.limit), topic(0), topic(tt.limit+1)))
				c.expect("ack 3 data error", "ack 3 data error", "ack 3 ok")
				if n := b.broker.denied[tt.why].Load(); n != 2 {
					t.Errorf("%d denied, want 2: %v", n, b.broker.Stats().Denied)
				}
				c.send(list(4, tt.rm, topic(0), topic(0), "unknown"), list(5, tt.add, topic(tt.limit)), list(6, tt.add, topic(0)))
				c.expect("ack 4 ok", "ack 5 ok", "ack 6 data error", "ack 6 ok")
			})
		}
	}
}

// What is excluded one topic a frame is excluded, and what is no longer is not
// [BUSRT-O10].
func TestExclusionsOneByOne(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connect("c")
	c.subscribe("#")
	for i := range 20 {
		c.send(list(0, codec.OpExclude, fmt.Sprint(i)))
	}
	for i := range 20 {
		if i%3 != 0 {
			c.send(list(0, codec.OpUnexclude, fmt.Sprint(i)))
		}
	}
	var want []string
	for i := range 20 {
		c.send(publish(0, fmt.Sprint(i), "x"))
		if i%3 != 0 {
			want = append(want, fmt.Sprintf("publish c %d: x", i))
		}
	}
	if got := c.got(); !slices.Equal(got, want) {
		t.Errorf("received %q", got)
	}
}

// A filter is compiled up to its limit, and no further [BUSRT-C4].
func TestFilterLimit(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connect("c")
	for d := -1; d <= 1; d++ {
		n := maxFilter + d
		filter := "\x91\xDA" + string([]byte{byte(n >> 8), byte(n)}) + strings.Repeat("a", n)
		want := codec.RPCReply
		if d > 0 {
			want = codec.RPCError
		}
		if got := c.call("client.list", filter); got.Kind != want || d > 0 && got.Code != codec.RPCParseError {
			t.Errorf("filter of %d bytes: %v %d", n, got.Kind, got.Code)
		}
	}
}
