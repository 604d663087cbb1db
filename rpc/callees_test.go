package rpc_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

// What announcements mean to a call that is under way, whatever came before it.
func TestAnnouncements(t *testing.T) {
	const reg, unreg = codec.EventReg, codec.EventUnreg
	type heard struct{ sender, topic, event, name string }
	info := func(event, name string) heard { return heard{".broker", ".broker/info", event, name} }
	tests := []struct {
		name          string
		before, after []heard
		age           time.Duration // of the call, when it is heard
		gone          bool
	}{
		{"leaves", nil, []heard{info(unreg, "bob")}, 0, true},
		{"another leaves", nil, []heard{info(unreg, "bobby"), info(reg, "carol")}, time.Hour, false},
		{"came before", []heard{info(unreg, "bob"), info(reg, "bob")}, nil, time.Hour, false},
		{"came, is heard of late", nil, []heard{info(reg, "bob")}, time.Second - 1, false},
		{"is replaced [BUSRT-H10]", nil, []heard{info(reg, "bob")}, time.Second, true},
		{"forged", nil, []heard{{"mallory", ".broker/info", unreg, "bob"}, {".broker", ".broker/slow", unreg, "bob"}}, 0, false},
		{"other news", nil, []heard{info("sleeps", "bob")}, time.Hour, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hub{members: map[string]*member{}}
				m := h.join("alice")
				r := newRecorder()
				c := connect(t, subscribing{m, make(chan []string, 1), nil}, r, rpc.Options{WatchCallees: true})
				news := func(all []heard) {
					for _, n := range all {
						payload, err := (&codec.ClientAnnouncement{Event: n.event, Client: n.name}).MarshalMsg(nil)
						check(t, err)
						m.deliver(codec.Received{Kind: codec.KindPublish, Sender: n.sender, Topic: n.topic, Payload: payload})
					}
					synctest.Wait()
				}
				news(tt.before)
				called := make(silent)
				connect(t, h.join("bob"), rpc.CallFunc(called.handle), rpc.Options{})
				ctx, cancel := context.WithCancel(t.Context())
				outcome := called.hang(ctx, c, "bob")
				time.Sleep(tt.age) //nolint:forbidigo // the clock of the bubble
				news(tt.after)
				cancel()
				if err := <-outcome; errors.As(err, new(*rpc.GoneError)) != tt.gone {
					t.Errorf("%v, want gone: %t", err, tt.gone)
				}
			})
		})
	}
}

func TestWatchCalleesNeedsToSubscribe(t *testing.T) {
	h := newHub(t)
	o := rpc.Options{WatchCallees: true}
	if _, err := rpc.New(h.join("alice"), nil, o); err == nil || !strings.Contains(err.Error(), "subscribe") {
		t.Errorf("a bus that cannot: %v", err)
	}
	m := subscribing{h.join("alice"), make(chan []string, 1), codec.AccessDenied}
	if _, err := rpc.New(m, nil, o); !errors.Is(err, codec.AccessDenied) {
		t.Errorf("denied: %v", err)
	}
	if topics := <-m.topics; len(topics) != 1 || topics[0] != ".broker/info" {
		t.Errorf("subscribed to %q", topics)
	}
}
