package engine

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// call sends a request to the broker and gives its answer, which must be the
// only one.
func (c *client) call(method, params string) codec.RPC {
	c.bus.Helper()
	const id = 77
	c.send(message(0, coreName, string(codec.AppendRPCRequest(nil, id, method, []byte(params)))))
	var got []codec.Delivery
	c.bus.await("an answer to "+method, func() bool {
		got = append(got, c.deliveries()...)
		return len(got) > 0
	})
	answer, ok := codec.ParseRPC(got[0].Payload)
	if len(got) != 1 || got[0].Kind != codec.KindMessage || string(got[0].Sender) != coreName || !ok || answer.ID != id {
		c.bus.Fatalf("%s: %d deliveries, first %s", method, len(got), text(&got[0]))
	}
	return answer
}

// [BUSRT-C1] [BUSRT-C2] [BUSRT-C3] [BUSRT-C5] [BUSRT-C6]
func TestCoreCalls(t *testing.T) {
	b := newBus(t, 1, Options{Version: "1.2.3"})
	c := b.connect("alice")
	tests := []struct {
		rule, method, params string
		kind                 codec.RPCKind
		code                 int16
		data                 string
	}{
		{"C1", "test", "", codec.RPCReply, 0, "\x81\xA2ok\xC3"},
		{"C1", "test", "\x80", codec.RPCError, codec.RPCInvalidParams, ""},
		{"C2", "info", "", codec.RPCReply, 0, "\x82\xA6author\xB4the busrt-go authors\xA7version\xA51.2.3"},
		{"C2", "info", "\xC0", codec.RPCError, codec.RPCInvalidParams, ""},
		{"C3", "stats", "x", codec.RPCError, codec.RPCInvalidParams, ""},
		{"C5", "benchmark.test", "", codec.RPCReply, 0, ""},
		{"C5", "benchmark.test", "\x00\xFFany\x00", codec.RPCReply, 0, "\x00\xFFany\x00"},
		{"C6", "", "", codec.RPCError, codec.RPCMethodNotFound, ""},
		{"C6", "Test", "", codec.RPCError, codec.RPCMethodNotFound, ""},
		{"C6", "test ", "", codec.RPCError, codec.RPCMethodNotFound, ""},
		{"C6", "client.lis", "x", codec.RPCError, codec.RPCMethodNotFound, ""},
		{"C6", "\xFF", "", codec.RPCError, codec.Data.RPCCode(), ""},
	}
	for _, tt := range tests {
		got := c.call(tt.method, tt.params)
		if got.Kind != tt.kind || got.Code != tt.code || string(got.Data) != tt.data {
			t.Errorf("%s: %q %q: kind %d, code %d, % X", tt.rule, tt.method, tt.params, got.Kind, got.Code, got.Data)
		}
	}
}

// The exact bytes of stats, of a broker that has counted little [BUSRT-C3].
func TestCoreStats(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connect("alice")
	got := c.call("stats", "")
	// The announcement of alice (26 bytes), then the call (19), which .broker receives.
	want := "\x85\xA6uptime\x00\xA8r_frames\x02\xA7r_bytes\x2D\xA8w_frames\x01\xA7w_bytes\x13"
	if string(got.Data) != want {
		t.Errorf("got  % X\nwant % X", got.Data, want)
	}
}

// What is no call gets no answer, nor does a call that wants none [BUSRT-R2]
// [BUSRT-R6].
func TestCoreDoesNotAnswer(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connect("alice")
	request := string(codec.AppendRPCRequest(nil, 1, "test", nil))
	for _, payload := range []string{
		"", "\x00note", "\x01", "\x01\x01\x00\x00\x00", "\x01\x01\x00\x00\x00test", "\x11\x01\x00\x00\x00", "\x12\x01\x00\x00\x00\x00\x00",
		"\x02\x01\x00\x00\x00test\x00", "hello", string(codec.AppendRPCRequest(nil, 0, "test", nil)),
		string(codec.AppendRPCRequest(nil, 0, "client.list", nil)),
	} {
		c.send(message(1, coreName, payload))
		c.expect("ack 1 ok")
	}
	c.send(broadcast(1, coreName, request), broadcast(2, "*", request), publish(3, "x", request))
	c.expect("ack 1 ok", "broadcast alice: "+request, "ack 2 ok", "ack 3 ok")
}

// Answers are realtime if the request was [BUSRT-R6], and go to the full name.
func TestCoreAnswersAsAsked(t *testing.T) {
	b := newBus(t, 1, Options{})
	b.connect("alice")
	c := b.connect("alice%%1")
	request := codec.AppendRPCRequest(nil, 7, "test", nil)
	answer := "\x11\x07\x00\x00\x00\x81\xA2ok\xC3"
	c.send(codec.AppendFrame(nil, 1, codec.OpMessage, codec.QoSRealtimeProcessed, coreName, request))
	got := c.got()
	slices.Sort(got) // the order of an answer and its ack is not fixed
	if want := []string{"ack 1 ok", "message! .broker: " + answer}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	c.send(codec.AppendFrame(nil, 0, codec.OpMessage, codec.QoSNo, coreName, request))
	c.expect("message .broker: " + answer)
}

// Whom the broker's own client finds behind it waits for, as long as a
// connection would be paused, or until its context ends [BUSRT-O17].
func TestCoreWaits(t *testing.T) {
	for _, tt := range []struct {
		name      string
		stallTime time.Duration
		until     func(b *bus, slow *client, cancel func())
		want      time.Duration // how long it waited
	}{
		{"context", time.Hour, func(b *bus, _ *client, cancel func()) { b.pass(30 * time.Millisecond); cancel() }, 30 * time.Millisecond},
		{"room", time.Hour, func(b *bus, slow *client, _ func()) {
			b.pass(55 * time.Millisecond)
			slow.fits(socketBuffer)
			b.run()
		}, 55 * time.Millisecond},
		{"stalled", 0, func(b *bus, _ *client, _ func()) { b.pass(time.Second) }, DefaultStallTime},
		{"bound", time.Hour, func(b *bus, _ *client, _ func()) { b.pass(time.Second) }, maxPause},
		{"gone", time.Hour, func(b *bus, slow *client, _ func()) {
			b.pass(25 * time.Millisecond)
			slow.session.Abort()
		}, 25 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBus(t, 1, Options{QueueFrames: 8, StallTime: tt.stallTime, Timeout: time.Minute})
				c := b.connect("slow")
				c.fits(0)
				core := b.broker.Core()
				begun := time.Now()
				for range 4 {
					_ = core.Message(t.Context(), "slow", []byte("x"), codec.QoSNo)
				}
				if d := time.Since(begun); d != 0 {
					t.Errorf("waited %v below the mark", d)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				done := make(chan time.Duration, 1)
				go func() {
					if code := core.Message(ctx, "slow", []byte("x"), codec.QoSNo); code != codec.OK {
						t.Errorf("Message = %v", code)
					}
					done <- time.Since(begun)
				}()
				synctest.Wait()
				if l := c.session.out.level.Load(); levelFrames(l) != 5 {
					t.Errorf("%d frames are queued, want 5: waiting comes after routing", levelFrames(l))
				}
				tt.until(b, c, cancel)
				if d := <-done; d != tt.want {
					t.Errorf("waited %v, want %v", d, tt.want)
				}
			})
		})
	}
}

// The broker's own client cuts off who has no room, and is told [BUSRT-O12].
func TestCoreCutsOff(t *testing.T) {
	b := newBus(t, 1, Options{QueueFrames: 8, StallTime: -1})
	c := b.connect("slow")
	c.fits(0)
	core := b.broker.Core()
	for i, want := range []codec.Status{7: codec.OK, 8: codec.NotDelivered, 9: codec.NotRegistered} {
		if want == 0 {
			want = codec.OK
		}
		if code := core.Message(t.Context(), "slow", []byte("x"), codec.QoSNo); code != want {
			t.Errorf("message %d: %v, want %v", i+1, code, want)
		}
	}
	c.fits(socketBuffer)
	if got := len(c.got()); got != 8 {
		t.Errorf("%d frames before it was cut off, want 8", got)
	}
	c.expectEnd(false)
}

// A payload beyond the limit of frames is not taken [BUSRT-F8].
func TestCoreMaxFrame(t *testing.T) {
	b := newBus(t, 1, Options{MaxFrame: 10})
	c := b.connect("alice")
	core := b.broker.Core()
	if code := core.Message(t.Context(), "alice", make([]byte, 11), codec.QoSNo); code != codec.Data {
		t.Errorf("Message = %v", code)
	}
	if code := core.Message(t.Context(), "alice", []byte("0123456789"), codec.QoSNo); code != codec.OK {
		t.Errorf("Message = %v", code)
	}
	c.expect("message .broker: 0123456789")
}
