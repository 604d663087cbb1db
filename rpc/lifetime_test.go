package rpc_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/internal/brokertest"
	"github.com/busrt-go/busrt/rpc"
)

// silent is a handler that does not answer.
type silent chan struct{}

func (s silent) handle(ctx context.Context, _ *rpc.Request) ([]byte, error) {
	s <- struct{}{}
	<-ctx.Done()
	return nil, ctx.Err()
}

// hang has c call a client that does not answer.
func (s silent) hang(ctx context.Context, c *rpc.Conn, target string) (outcome chan error) {
	outcome = make(chan error, 1)
	go func() {
		_, err := c.Call(ctx, target, "m", nil)
		outcome <- err
	}()
	<-s
	return outcome
}

// A call whose callee goes before it answers ends by its context, and the next
// one at once.
func testCalleeGoes(t *testing.T, b *brokertest.Broker) {
	c, called := dial(t, b, "alice", nil, rpc.Options{}), make(silent)
	bob := dial(t, b, "bob", rpc.CallFunc(called.handle), rpc.Options{})
	ctx, cancel := context.WithCancel(within(t))
	outcome := called.hang(ctx, c, "bob")
	check(t, bob.Close())
	cancel()
	if err := <-outcome; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	b.AwaitGone(t, "bob")
	if _, err := c.Call(within(t), "bob", "m", nil); !errors.Is(err, codec.NotRegistered) {
		t.Errorf("%v", err)
	}
}

func testBrokerGoes(t *testing.T, b *brokertest.Broker) {
	r, called := newRecorder(), make(silent)
	c := dial(t, b, "alice", r, rpc.Options{})
	dial(t, b, "bob", rpc.CallFunc(called.handle), rpc.Options{})
	outcome := called.hang(within(t), c, "bob")
	b.Stop(t)
	err := <-outcome
	if !errors.As(err, new(*client.DisconnectedError)) || !errors.Is(err, io.EOF) {
		t.Errorf("the call: %v", err)
	}
	<-c.Done()
	if f := <-r.frames; f.Topic != ".broker/warn" { // [BUSRT-A2]
		t.Errorf("the notice: %+v", f)
	}
}

// Calls to a client and to its secondaries end when it goes, those to others
// do not. The handler gets no announcement, unless it wants them.
func testWatchedCalleeGoes(t *testing.T, b *brokertest.Broker) {
	r, shown, called := newRecorder(), newRecorder(), make(silent)
	c := dial(t, b, "alice", r, rpc.Options{WatchCallees: true})
	other := dial(t, b, "other", shown, rpc.Options{WatchCallees: true, ShowAnnouncements: true})
	carol := dial(t, b, "carol", rpc.CallFunc(called.handle), rpc.Options{})
	ctx, cancel := context.WithCancel(within(t))
	stays := called.hang(ctx, c, "carol")
	for range 2 {
		bob := dial(t, b, "bob", rpc.CallFunc(called.handle), rpc.Options{})
		dial(t, b, "bob%%7", rpc.CallFunc(called.handle), rpc.Options{})
		outcomes := map[string]chan error{}
		for _, target := range []string{"bob", "bob%%7"} {
			outcomes[target] = called.hang(within(t), c, target)
		}
		theirs := called.hang(within(t), other, "bob")
		check(t, bob.Close())
		for target, outcome := range outcomes {
			var gone *rpc.GoneError
			if err := <-outcome; !errors.As(err, &gone) || gone.Target != target || !errors.Is(err, codec.NotRegistered) {
				t.Errorf("%s: %v", target, err)
			}
		}
		if err := <-theirs; !errors.As(err, new(*rpc.GoneError)) {
			t.Errorf("%v", err)
		}
	}
	select {
	case err := <-stays:
		t.Errorf("a call to carol: %v", err)
	default:
	}
	cancel()
	if err := <-stays; !errors.Is(err, context.Canceled) {
		t.Errorf("a call to carol: %v", err)
	}
	for _, want := range []string{codec.EventReg, codec.EventReg, codec.EventUnreg} { // carol, bob, bob
		f := <-shown.frames
		var a codec.ClientAnnouncement
		if _, err := a.UnmarshalMsg(f.Payload); err != nil || f.Topic != ".broker/info" || a.Event != want {
			t.Errorf("%+v, %+v, want %s", f, a, want)
		}
	}
	check(t, carol.Notify(within(t), "alice", []byte("last")))
	<-r.notifications // in one order with frames
	if len(r.frames) > 0 {
		t.Errorf("received %+v", <-r.frames)
	}
}

// Calls that are under way end with the connection; later ones go over the next,
// and are answered there.
func testReconnect(t *testing.T, b *brokertest.Broker) {
	called, states := make(silent), make(chan client.State, 100)
	mux := new(rpc.Mux)
	mux.Handle("m", called.handle)
	mux.Handle("echo", func(_ context.Context, r *rpc.Request) ([]byte, error) { return r.Params, nil })
	bus, err := client.Dial(within(t), b.Address, b.Trusted(client.Options{Name: "alice", Reconnect: &client.Reconnect{
		OnState: func(s client.State, _ error) {
			if s != client.AttemptFailed {
				states <- s
			}
		},
	}}))
	check(t, err)
	r := newRecorder()
	mux.OnNotification = r.Notification
	c := connect(t, bus, mux, rpc.Options{WatchCallees: true})
	for range 3 {
		if s := <-states; s != client.Connected {
			t.Errorf("state %v", s)
		}
		bob := dial(t, b, "bob", mux, rpc.Options{})
		outcome := called.hang(within(t), c, "bob")
		b.Stop(t)
		// A broker that ends may still tell alice that bob is gone.
		if err := <-outcome; !errors.As(err, new(*rpc.GoneError)) && (!errors.As(err, new(*client.DisconnectedError)) || !errors.Is(err, io.EOF)) {
			t.Errorf("the call: %v", err)
		}
		if s := <-states; s != client.Disconnected {
			t.Errorf("state %v", s)
		}
		if _, err := c.Call(within(t), "bob", "echo", nil); !errors.Is(err, io.EOF) {
			t.Errorf("a call while disconnected: %v", err)
		}
		<-bob.Done()
		b.Start(t)
		check(t, bus.AwaitConnection(within(t)))
		dialled := dial(t, b, "bob", mux, rpc.Options{})
		for _, ends := range []struct {
			from *rpc.Conn
			to   string
		}{{c, "bob"}, {dialled, "alice"}} {
			result, err := ends.from.Call(within(t), ends.to, "echo", []byte("again"))
			if string(result) != "again" || err != nil {
				t.Errorf("%s: %q, %v", ends.to, result, err)
			}
		}
		check(t, dialled.Notify(within(t), "alice", []byte("note")))
		<-r.notifications
		outcome = called.hang(within(t), c, "bob")
		check(t, dialled.Close()) // the watch is restored, too
		if err := <-outcome; !errors.As(err, new(*rpc.GoneError)) {
			t.Errorf("the callee goes: %v", err)
		}
		check(t, c.Err())
	}
}

// A client that takes the name of another over: calls to that one end [BUSRT-H10].
func TestCalleeIsReplaced(t *testing.T) {
	b := brokertest.Serve(t, "unix", engine.Options{Timeout: patience, ForceRegister: true})
	c, called := dial(t, b, "alice", nil, rpc.Options{WatchCallees: true}), make(silent)
	dial(t, b, "bob", rpc.CallFunc(called.handle), rpc.Options{})
	outcome := called.hang(within(t), c, "bob")
	<-time.After(time.Second) // a younger call would go on
	echo := rpc.CallFunc(func(_ context.Context, r *rpc.Request) ([]byte, error) { return r.Params, nil })
	dial(t, b, "bob", echo, rpc.Options{})
	if err := <-outcome; !errors.As(err, new(*rpc.GoneError)) {
		t.Errorf("%v", err)
	}
	_, err := c.Call(within(t), "bob", "m", nil)
	check(t, err)
}
