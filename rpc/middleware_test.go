package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

// Each kind of event goes through all, the first outermost.
func TestChain(t *testing.T) {
	var way []string
	step := func(name string) rpc.Middleware {
		return rpc.Around(func(next rpc.CallFunc) rpc.CallFunc {
			return func(ctx context.Context, r *rpc.Request) ([]byte, error) {
				way = append(way, name)
				defer func() { way = append(way, "/"+name) }()
				return next(ctx, r)
			}
		})
	}
	r := newRecorder()
	h := rpc.Chain(r, step("a"), step("b"), rpc.Recover(nil), rpc.Log(nil), step("c"))
	result, err := h.Call(t.Context(), &rpc.Request{Params: []byte("x")})
	if got := strings.Join(way, " "); got != "a b c /c /b /a" || string(result) != "x" || err != nil {
		t.Errorf("%s: %q, %v", got, result, err)
	}
	h.Notification(t.Context(), &rpc.Notification{})
	h.Frame(t.Context(), &codec.Received{})
	if len(r.requests) != 1 || len(r.notifications) != 1 || len(r.frames) != 1 {
		t.Errorf("%d calls, %d notifications, %d frames", len(r.requests), len(r.notifications), len(r.frames))
	}
	if rpc.Chain(r) != rpc.Handler(r) {
		t.Error("a chain of nothing is not the handler itself")
	}
}

// panics is a handler that panics.
type panics struct{}

func (panics) Call(context.Context, *rpc.Request) ([]byte, error) { panic("in a call") }
func (panics) Notification(context.Context, *rpc.Notification)    { panic("in a notification") }
func (panics) Frame(context.Context, *codec.Received)             { panic(errors.New("in a frame")) }

func logTo(w *bytes.Buffer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

func TestRecover(t *testing.T) {
	var log bytes.Buffer
	hub := newHub(t)
	alice := hub.join("alice")
	bob := connect(t, hub.join("bob"), rpc.Chain(panics{}, rpc.Recover(logTo(&log, 0))), rpc.Options{})
	c := connect(t, alice, nil, rpc.Options{})
	_, err := c.Call(within(t), "bob", "m", nil)
	if !errors.Is(err, &rpc.Error{Code: codec.RPCInternal, Data: "the handler panicked"}) {
		t.Errorf("the caller gets %v", err)
	}
	check(t, c.Notify(within(t), "bob", nil))
	hub.members["bob"].deliver(codec.Received{Kind: codec.KindBroadcast, Sender: "carol"})
	_, err = c.Call(within(t), "bob", "m", nil) // it lives
	if !errors.Is(err, &rpc.Error{Code: codec.RPCInternal}) {
		t.Errorf("the caller gets %v", err)
	}
	check(t, bob.Close())
	for _, want := range []string{
		"level=ERROR", "of=call sender=alice panic=\"in a call\"", "panics.Call",
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("logged %s, want %q", log.String(), want)
		}
	}
}

func TestRecoverEvents(t *testing.T) {
	var log bytes.Buffer
	h := rpc.Chain(panics{}, rpc.Recover(logTo(&log, 0)))
	h.Notification(t.Context(), &rpc.Notification{Sender: "bob"})
	h.Frame(t.Context(), &codec.Received{Sender: "carol"})
	for _, want := range []string{
		"of=notification sender=bob panic=\"in a notification\"", "of=frame sender=carol panic=\"in a frame\"",
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("logged %s, want %q", log.String(), want)
		}
	}
}

func TestTimeout(t *testing.T) {
	hub := newHub(t)
	wait := rpc.CallFunc(func(ctx context.Context, _ *rpc.Request) ([]byte, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	connect(t, hub.join("bob"), rpc.Chain(wait, rpc.Timeout(time.Millisecond)), rpc.Options{})
	c := connect(t, hub.join("alice"), nil, rpc.Options{})
	if _, err := c.Call(within(t), "bob", "m", nil); !errors.Is(err, codec.Timeout) {
		t.Errorf("%v", err)
	}
}

func TestLog(t *testing.T) {
	answer := rpc.CallFunc(func(_ context.Context, r *rpc.Request) ([]byte, error) {
		if r.Method == "fail" {
			return nil, codec.AccessDenied
		}
		return r.Params, nil
	})
	for _, tt := range []struct {
		method string
		level  slog.Level
		want   string // empty: no line
	}{
		{"m", slog.LevelDebug, "level=DEBUG msg=call method=m sender=bob params=2 took="},
		{"m", slog.LevelDebug, "result=2"},
		{"m", slog.LevelInfo, ""},
		{"fail", slog.LevelInfo, "level=WARN msg=call method=fail sender=bob params=2 took="},
		{"fail", slog.LevelInfo, "error=\"busrt: access denied\""},
	} {
		var log bytes.Buffer
		h := rpc.Chain(answer, rpc.Log(logTo(&log, tt.level)))
		_, _ = h.Call(t.Context(), &rpc.Request{Sender: "bob", Method: tt.method, Params: []byte("hi")})
		if got := log.String(); !strings.Contains(got, tt.want) || (tt.want == "") != (got == "") {
			t.Errorf("%s at %v: logged %q, want %q", tt.method, tt.level, got, tt.want)
		}
	}
}
