package rpc_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

// What goes on while a handler waits, by the order that was asked for.
func TestOrders(t *testing.T) {
	tests := []struct {
		name string
		o    rpc.Options
		held string // the handler of it waits: call, note or frame
		want string // what is handled meanwhile of: call note frame
	}{
		{"default, a call waits", rpc.Options{}, "call", "call frame note"},
		{"default, a notification waits", rpc.Options{}, "note", "call"},
		{"default, a frame waits", rpc.Options{}, "frame", "call"},
		{"frames apart, a notification waits", rpc.Options{FramesApart: true}, "note", "call frame"},
		{"frames apart, a frame waits", rpc.Options{FramesApart: true}, "frame", "call note"},
		{"unordered", rpc.Options{Unordered: true}, "note", "call frame note"},
		{"inline, a call waits", rpc.Options{Inline: true}, "call", ""},
		{"inline, a notification waits", rpc.Options{Inline: true}, "note", ""},
		{"inline, a frame waits", rpc.Options{Inline: true}, "frame", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHub(t)
				var (
					mu      sync.Mutex
					handled = map[string]bool{}
					holding = true
				)
				release := make(chan struct{})
				handle := func(what string) {
					mu.Lock()
					hold := holding && what == tt.held
					if hold {
						holding = false
					} else {
						handled[what] = true
					}
					mu.Unlock()
					if hold {
						<-release
					}
				}
				mux := rpc.Mux{
					OnNotification: func(context.Context, *rpc.Notification) { handle("note") },
					OnFrame:        func(context.Context, *codec.Received) { handle("frame") },
				}
				mux.Handle("m", func(context.Context, *rpc.Request) ([]byte, error) { handle("call"); return nil, nil })
				alice := h.join("alice")
				connect(t, alice, &mux, tt.o)
				sends := map[string]func(){
					"call": func() {
						alice.deliver(codec.Received{Kind: codec.KindMessage, Sender: "bob", Payload: []byte("\x01\x00\x00\x00\x00m\x00")})
					},
					"note":  func() { alice.deliver(codec.Received{Kind: codec.KindMessage, Sender: "bob", Payload: []byte{0}}) },
					"frame": func() { alice.deliver(codec.Received{Kind: codec.KindBroadcast, Sender: "bob"}) },
				}
				sends[tt.held]()
				for _, what := range []string{"call", "note", "frame"} {
					sends[what]()
				}
				synctest.Wait()
				mu.Lock()
				var got []string
				for _, what := range []string{"call", "frame", "note"} {
					if handled[what] {
						got = append(got, what)
					}
				}
				mu.Unlock()
				if got := strings.Join(got, " "); got != tt.want {
					t.Errorf("handled %q, want %q", got, tt.want)
				}
				close(release)
				synctest.Wait()
				if len(handled) != 3 {
					t.Errorf("in the end: %v", handled)
				}
			})
		})
	}
}

// An inline handler of a bus with a tap may call, and the end finds it.
func TestInline(t *testing.T) {
	h := newHub(t)
	echo := rpc.CallFunc(func(_ context.Context, r *rpc.Request) ([]byte, error) { return r.Params, nil })
	connect(t, h.join("bob"), echo, rpc.Options{Inline: true})
	var c *rpc.Conn
	ready := make(chan struct{})
	relay := rpc.CallFunc(func(ctx context.Context, r *rpc.Request) ([]byte, error) {
		<-ready
		if r.Method == "wait" {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return c.Call(ctx, "bob", "m", r.Params)
	})
	c = connect(t, tapped{h.join("alice")}, relay, rpc.Options{Inline: true})
	close(ready)
	carol := connect(t, h.join("carol"), nil, rpc.Options{})
	result, err := carol.Call(within(t), "alice", "m", []byte("hi"))
	if string(result) != "hi" || err != nil {
		t.Errorf("%q, %v", result, err)
	}
	check(t, carol.Call0(within(t), "alice", "wait", nil))
	check(t, c.Close())
}

func TestContradictoryOptions(t *testing.T) {
	for _, o := range []rpc.Options{
		{Inline: true, Unordered: true},
		{Inline: true, FramesApart: true},
		{Unordered: true, FramesApart: true},
		{ShowAnnouncements: true},
		{MaxConcurrent: -1},
		{QueueSize: -1},
	} {
		if c, err := rpc.New(newHub(t).join("alice"), nil, o); err == nil {
			t.Errorf("%+v is accepted", o)
			check(t, c.Close())
		}
	}
}
