package pubsub_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/pubsub"
)

func TestDispatch(t *testing.T) { // [section 13: TopicBroker]
	var got string
	handler := func(name string) pubsub.Handler {
		return func(_ context.Context, p *pubsub.Publication) {
			got = fmt.Sprintf("%s %q %q %q", name, p.Topic, p.Pattern, p.Subtopic)
		}
	}
	m := pubsub.Mux{Rest: func(_ context.Context, f *codec.Received) { got = fmt.Sprintf("rest %v %q", f.Kind, f.Topic) }}
	m.Topic(handler("exact"), "a", "a/b/c", "é")
	m.Prefix(handler("short"), "a/")
	m.Prefix(handler("long"), "a/b/", "a/long/prefix/")
	m.Prefix(handler("text"), "x")
	tests := []struct{ topic, want string }{
		{"a", `exact "a" "a" ""`},
		{"a/b/c", `exact "a/b/c" "a/b/c" ""`},
		{"é", `exact "é" "é" ""`},
		{"a/x", `short "a/x" "a/" "x"`},
		{"a/", `short "a/" "a/" ""`},
		{"a/b", `short "a/b" "a/" "b"`},
		{"a/b/d", `long "a/b/d" "a/b/" "d"`},
		{"a/long/prefix/1/2", `long "a/long/prefix/1/2" "a/long/prefix/" "1/2"`},
		{"xyz", `text "xyz" "x" "yz"`},
		{"b", `rest publish "b"`},
		{"", `rest publish ""`},
		{"A", `rest publish "A"`},
	}
	for _, tt := range tests {
		m.Dispatch(t.Context(), &codec.Received{Kind: codec.KindPublish, Topic: tt.topic})
		if got != tt.want {
			t.Errorf("%q: %s, want %s", tt.topic, got, tt.want)
		}
	}
	m.Dispatch(t.Context(), &codec.Received{Kind: codec.KindBroadcast})
	if got != `rest broadcast ""` {
		t.Errorf("a broadcast: %s", got)
	}
	m.Prefix(handler("all"), "")
	m.Dispatch(t.Context(), &codec.Received{Kind: codec.KindPublish, Topic: "b"})
	if got != `all "b" "" "b"` {
		t.Errorf("the empty prefix: %s", got)
	}
	new(pubsub.Mux).Dispatch(t.Context(), &codec.Received{Kind: codec.KindPublish}) // drops it
}

func TestTwoHandlers(t *testing.T) {
	for _, register := range []func(m *pubsub.Mux, pattern string){
		func(m *pubsub.Mux, pattern string) { m.Topic(nil, pattern) },
		func(m *pubsub.Mux, pattern string) { m.Prefix(nil, pattern) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the second is accepted")
				}
			}()
			var m pubsub.Mux
			register(&m, "a")
			register(&m, "b")
			register(&m, "a")
		}()
	}
}

// A full channel holds the dispatcher up, not beyond its context.
func TestTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m pubsub.Mux
		ch := make(chan pubsub.Publication, 1)
		m.Topic(pubsub.To(ch), "a", "b")
		ctx, cancel := context.WithCancel(t.Context())
		over := false
		go func() {
			for _, topic := range []string{"a", "b", "a"} {
				m.Dispatch(ctx, &codec.Received{Kind: codec.KindPublish, Topic: topic})
			}
			over = true
		}()
		synctest.Wait()
		if p := <-ch; p.Topic != "a" || p.Pattern != "a" {
			t.Errorf("%+v", p)
		}
		synctest.Wait()
		if over {
			t.Error("a full channel holds nobody up")
		}
		cancel()
		synctest.Wait()
		if p := <-ch; p.Topic != "b" || !over || len(ch) > 0 {
			t.Errorf("%+v, over: %t", p, over)
		}
	})
}
