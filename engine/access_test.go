package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// Each operation by its list: not set, with masks, empty [BUSRT-S3]; and what a
// client hears of it: one answer for a frame [BUSRT-O1] … [BUSRT-O4], one for
// each denied topic and a last one [BUSRT-O5], always 01 for what nobody checks
// [BUSRT-O6]. What is denied is not counted, but for a subscription [BUSRT-O16].
func TestAccessToOperations(t *testing.T) {
	some := FullAccess().MessageTo("worker.?", "x").BroadcastTo("worker.?").PublishTo("a/+").SubscribeTo("a/+", "b/#")
	none := FullAccess().DenyMessage().DenyBroadcast().DenyPublish().DenySubscribe()
	for _, tt := range []struct {
		rule  string
		entry Access
		frame []byte
		want  string // codes of the answers
		count uint64
	}{
		{"O1", FullAccess(), message(7, "worker.1", "hi"), "01", 1},
		{"O1", some, message(7, "worker.1", "hi"), "01", 1},
		{"O1", some, message(7, "worker.2", "hi"), "71", 1},
		{"O1", some, message(7, "boss", "hi"), "79", 0},
		{"O1", some, message(7, "worker.1.x", "hi"), "79", 0},
		{"O1", some, message(7, "nobody", "hi"), "79", 0}, // whether there is one is not told
		{"O1", some, message(7, coreName, "hi"), "79", 0},
		{"O1", none, message(7, "worker.1", "hi"), "79", 0},
		{"S6", some, message(7, "worker.1%%2", "hi"), "71", 1},
		{"S6", some, message(7, "x%%2%%3", "hi"), "71", 1}, // the text before the first
		{"S6", FullAccess().MessageTo("x%%2"), message(7, "x%%2", "hi"), "71", 1},
		{"S6", FullAccess().MessageTo("x%%2"), message(7, "x", "hi"), "79", 0},
		{"S6", FullAccess().MessageTo("x%%2"), message(7, "x%%3", "hi"), "79", 0},
		{"S6", FullAccess().MessageTo("worker.?.a"), message(7, "worker.x%%1.a", "hi"), "71", 1}, // the full name has three segments
		{"O2", FullAccess(), broadcast(7, "*", "hi"), "01", 1},
		{"O2", some, broadcast(7, "worker.1", "hi"), "01", 1},
		{"S5", some, broadcast(7, "worker.?", "hi"), "01", 1},
		{"S5", some, broadcast(7, "worker.*", "hi"), "79", 0},
		{"S5", some, broadcast(7, "*", "hi"), "79", 0},
		{"O2", none, broadcast(7, "worker.1", "hi"), "79", 0},
		{"O3", some, publish(7, "a/b", "hi"), "01", 1},
		{"O3", some, publish(7, "a/+", "hi"), "01", 1}, // a literal [BUSRT-O8]
		{"O3", some, publish(7, "b", "hi"), "79", 0},
		{"O3", none, publish(7, "a/b", "hi"), "79", 0},
		{"O4", some, publishFor(7, "a/b", "boss", "hi"), "01", 1}, // the receiver is not looked at
		{"O4", some, publishFor(7, "b", "worker.1", "hi"), "79", 0},
		{"O4", none, publishFor(7, "a/b", "worker.1", "hi"), "79", 0},
		{"A4", FullAccess(), publish(7, ".broker/info", "hi"), "79", 0},
		{"A4", FullAccess().PublishTo("#"), publish(7, ".broker", "hi"), "79", 0},
		{"O5", some, list(7, codec.OpSubscribe, "a/b"), "01", 1},
		{"O5", some, list(7, codec.OpSubscribe, "a/b", "c", "b/c", "d"), "79 79 01", 1},
		{"O5", some, list(7, codec.OpSubscribe, "c", "c"), "79 79 01", 1},
		{"O5", some, list(7, codec.OpSubscribe), "79 01", 1}, // the empty topic [BUSRT-F3]
		{"O5", some, list(7, codec.OpSubscribe, ".broker/warn"), "79 01", 1},
		{"O5", none, list(7, codec.OpSubscribe, "a/b"), "79 01", 1},
		{"S5", some, list(7, codec.OpSubscribe, "a/+", "b/#", "b/+/#"), "01", 1},
		{"S5", some, list(7, codec.OpSubscribe, "a/#", "#", "b", "+/c"), "79 79 79 79 01", 1},
		{"O6", none, list(7, codec.OpUnsubscribe, "a/b", "x"), "01", 1},
		{"O6", none, list(7, codec.OpExclude, "#"), "01", 1},
		{"O6", none, list(7, codec.OpUnexclude, "#"), "01", 1},
	} {
		for _, acked := range []bool{true, false} {
			b := newBus(t, 1, Options{})
			b.connect("worker.1")
			c := b.connectBy(guard(b, "test", tt.entry), "test")
			frame, want := tt.frame, tt.want
			if !acked {
				frame = slices.Clone(frame)
				frame[4] &= 0x3F // no QoS
				want = ""
			}
			c.send(frame)
			var codes []string
			for _, d := range c.deliveries() {
				if d.Kind == codec.KindAck && d.ID == 7 {
					codes = append(codes, fmt.Sprintf("%02X", byte(d.Code)))
				}
			}
			if got := strings.Join(codes, " "); got != want {
				t.Errorf("%s: % X is answered %q, want %q", tt.rule, frame, got, want)
			}
			if got := c.session.traffic.rFrames.Load(); got != tt.count {
				t.Errorf("%s: % X counts for %d, want %d", tt.rule, frame, got, tt.count)
			}
		}
	}
}

// A denied frame reaches nobody, and an allowed topic beside a denied one is
// subscribed to [BUSRT-O5]. Secondaries have the entry of their primary name
// [BUSRT-S1]. Others, who came by another listener, are not concerned.
func TestAccessHasEffect(t *testing.T) {
	b := newBus(t, 1, Options{})
	free := b.connect("free")
	free.subscribe("#")
	g := guard(b, "test", FullAccess().MessageTo("free").BroadcastTo("free").PublishTo("ok").SubscribeTo("ok", "fine"))
	c := b.connectBy(g, "test")
	second := b.connectBy(g, "test%%1")
	free.expect("publish .broker .broker/info: reg test")
	for _, who := range []*client{c, second} {
		who.send(list(1, codec.OpSubscribe, "secret", "ok", "#"))
		who.expect("ack 1 access denied", "ack 1 access denied", "ack 1 ok")
		who.send(message(0, "test", "x"), broadcast(0, "*", "x"), publish(0, "secret", "x"), publishFor(0, "secret", "free", "x"))
		who.expect()
		free.expect()
	}
	free.send(publish(0, "secret", "x"), publish(0, "ok", "y"), broadcast(0, "*", "z"))
	for _, who := range []*client{c, second} {
		who.expect("publish free ok: y", "broadcast free: z")
	}
	free.expect("publish free secret: x", "publish free ok: y", "broadcast free: z")
	second.send(message(1, "free", "hi"), publish(2, "ok", "ho"))
	second.expect("ack 1 ok", "publish test%%1 ok: ho", "ack 2 ok")
	free.expect("message test%%1: hi", "publish test%%1 ok: ho")
}

// The warning before the end comes to everybody, asked or not [BUSRT-O9]
// [BUSRT-A2].
func TestAccessToWarnings(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connectBy(guard(b, "test", FullAccess().DenySubscribe()), "test")
	if code := b.broker.Core().Publish(t.Context(), topicWarn, []byte("beware"), codec.QoSNo); code != codec.OK {
		t.Fatal(code)
	}
	c.expect("publish .broker .broker/warn: beware")
}

// An Access is a value: methods change a copy, slices of the caller are copied.
func TestAccessIsAValue(t *testing.T) {
	masks, ids := []string{"a"}, []uint32{1}
	base := FullAccess().PublishTo(masks...).UIDsAllow(ids...)
	masks[0], ids[0] = "b", 2
	changed := base.PublishTo("c").UIDsAllow(3).DenyMessage()
	for _, tt := range []struct {
		a     Access
		topic string
		uid   uint32
		msg   bool
	}{{base, "a", 1, true}, {changed, "c", 3, false}} {
		p := local(tt.uid)
		if !tt.a.mayPublish([]byte(tt.topic)) || tt.a.mayPublish([]byte("b")) || !tt.a.admits(&p) || tt.a.mayMessage([]byte("x")) != tt.msg {
			t.Errorf("%+v", tt.a)
		}
	}
}
