package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/busrt-go/busrt/codec"
)

// faulty is an error that says how it goes to the caller of a method.
type faulty struct{}

func (faulty) Error() string                  { return "faulty" }
func (faulty) RPC() (code int16, data string) { return -7, "because" }

// Methods of the embedding program answer beside the broker's own, to all kinds
// of clients [BUSRT-C6].
func TestMethods(t *testing.T) { synctest.Test(t, testMethods) }

func testMethods(t *testing.T) {
	b := newBus(t, 1, Options{})
	for name, m := range map[string]Method{
		"greet": func(_ context.Context, caller string, params []byte) ([]byte, error) {
			return fmt.Appendf(nil, "hello %s, %s", caller, params), nil
		},
		"status": func(context.Context, string, []byte) ([]byte, error) { return nil, codec.NotDelivered },
		"error":  func(context.Context, string, []byte) ([]byte, error) { return nil, errors.New("no luck") },
		"faulty": func(context.Context, string, []byte) ([]byte, error) { return nil, fmt.Errorf("x: %w", faulty{}) },
		"panic":  func(context.Context, string, []byte) ([]byte, error) { panic("on purpose") },
		"gone":   func(context.Context, string, []byte) ([]byte, error) { return nil, nil },
	} {
		if err := b.broker.Handle(name, m); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.broker.Handle("gone", nil); err != nil {
		t.Fatal(err)
	}
	for name := range map[string]bool{"test": true, "client.list": true, "a\x00b": true} {
		if err := b.broker.Handle(name, func(context.Context, string, []byte) ([]byte, error) { return nil, nil }); err == nil {
			t.Errorf("Handle(%q) is allowed", name)
		}
	}
	inside, outside := b.insider("inside", ClientOptions{}), b.connect("outside")
	for _, tt := range []struct {
		method string
		want   func(caller string) []byte
	}{
		{"greet", func(caller string) []byte {
			return codec.AppendRPCReply(nil, 7, fmt.Appendf(nil, "hello %s, you", caller))
		}},
		{"status", func(string) []byte { return codec.AppendRPCError(nil, 7, codec.NotDelivered.RPCCode(), nil) }},
		{"error", func(string) []byte { return codec.AppendRPCError(nil, 7, codec.RPCInternal, []byte("no luck")) }},
		{"faulty", func(string) []byte { return codec.AppendRPCError(nil, 7, -7, []byte("because")) }},
		{"panic", func(string) []byte { return codec.AppendRPCError(nil, 7, codec.RPCInternal, nil) }},
		{"gone", func(string) []byte { return codec.AppendRPCError(nil, 7, codec.RPCMethodNotFound, nil) }},
		{"benchmark.test", func(string) []byte { return codec.AppendRPCReply(nil, 7, []byte("you")) }},
	} {
		request := codec.AppendRPCRequest(nil, 7, tt.method, []byte("you"))
		outside.send(codec.AppendFrame(nil, 1, codec.OpMessage, codec.QoSProcessed, coreName, request))
		got := outside.got()
		synctest.Wait()
		got = append(got, outside.got()...)
		slices.Sort(got) // the order of an answer and its ack is not fixed [BUSRT-R6]
		if want := []string{"ack 1 ok", "message .broker: " + string(tt.want("outside"))}; !slices.Equal(got, want) {
			t.Errorf("%s outside: %q, want %q", tt.method, got, want)
		}
		if err := inside.Send(t.Context(), coreName, request, codec.QoSProcessed); err != nil {
			t.Error(err)
		}
		f, err := inside.Recv(t.Context())
		if err != nil || f.Sender != coreName || string(f.Payload) != string(tt.want("inside")) {
			t.Errorf("%s inside: %+v, %v", tt.method, f, err)
		}
	}
}

// However many calls come, a bounded number is handled at once; whose calls are
// beyond is not read meanwhile.
func TestMethodsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBus(t, 1, Options{})
		release, running := make(chan struct{}), make(chan struct{}, 1000)
		if err := b.broker.Handle("wait", func(context.Context, string, []byte) ([]byte, error) {
			running <- struct{}{}
			<-release
			return nil, nil
		}); err != nil {
			t.Fatal(err)
		}
		alice := b.connect("alice")
		call := codec.AppendFrame(nil, 0, codec.OpMessage, codec.QoSNo, coreName, codec.AppendRPCRequest(nil, 1, "wait", nil))
		for range methodsAtOnce + 10 {
			alice.send(call)
		}
		b.run()
		synctest.Wait()
		if n := len(running); n != methodsAtOnce+1 || alice.session.paused != pauseCall {
			t.Errorf("%d at once, caller paused: %b", n, alice.session.paused)
		}
		close(release)
		synctest.Wait()
		b.run()
		synctest.Wait()
		if got := len(alice.got()); got != methodsAtOnce+10 || alice.session.paused != 0 {
			t.Errorf("%d answers, caller paused: %b", got, alice.session.paused)
		}
	})
}

// Programs announce as the broker does; nobody else can [BUSRT-A4] [BUSRT-A3].
func TestAnnounce(t *testing.T) {
	b := newBus(t, 1, Options{})
	alice := b.connect("alice")
	alice.subscribe(".broker/plant")
	if err := b.broker.Announce(".broker/plant", "on", "pump"); err != nil {
		t.Fatal(err)
	}
	alice.expect("publish .broker .broker/plant: on pump")
	for _, topic := range []string{"", "a\x00", "\xFF"} {
		if b.broker.Announce(topic, "on", "pump") == nil {
			t.Errorf("Announce(%q) is allowed", topic)
		}
	}
	if bare := newBareBus(t, 1, Options{}); !errors.Is(bare.broker.Announce("a", "b", "c"), codec.NotSupported) {
		t.Error("a broker without its own client announces")
	}
}
