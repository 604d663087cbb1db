package engine

import (
	"context"
	"errors"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// Names are the same for all kinds of clients [BUSRT-H7] [BUSRT-H9] [BUSRT-H10]
// [BUSRT-H11] [BUSRT-O14].
func TestNamesInside(t *testing.T) {
	b := newBus(t, 1, Options{ForceRegister: true})
	root := b.open(0, local(b.broker.identity.UID))
	root.say(hello("mine"), "\x01\x01")
	b.connectOn(0, "theirs")
	held := b.insider("held", ClientOptions{})
	for name, want := range map[string]error{
		"": codec.Data, ".x": codec.Data, "a\x00b": codec.Data, "a*": codec.Data, "\xFF": codec.Data,
		"held": codec.Busy, "nobody%%1": codec.NotRegistered, "theirs%%1": codec.AccessDenied,
		"mine%%1": nil, "held%%x": nil,
	} {
		c, err := b.broker.Register(t.Context(), name, ClientOptions{})
		if !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Errorf("Register(%q) = %v, want %v", name, err, want)
		}
		if c != nil {
			t.Cleanup(func() { _ = c.Close() })
		}
	}
	if _, err := b.broker.Register(t.Context(), "x", ClientOptions{QueueFrames: -1}); err == nil {
		t.Error("a queue of -1 frames")
	}
	late := b.open(0, local(1000))
	late.say(hello("held"), "\x01\x76") // an in-process client is never evicted
	second, err := held.Secondary(t.Context())
	if err != nil || second.Name() != "held%%0" {
		t.Fatalf("Secondary: %v", err)
	}
	_ = held.Close()
	if err := second.Err(); !errors.As(err, new(*codec.DisconnectedError)) || !errors.Is(err, reasonPrimaryGone) {
		t.Errorf("the secondary of a client that has left: %v", err)
	}
	_ = second.Close()
	again := b.insider("held", ClientOptions{})
	again.expect()
}

// A name whose holder has hung up without the broker's knowledge is free
// [BUSRT-H11].
func TestHolderOutsideHasLeft(t *testing.T) {
	b := newBus(t, 1, Options{})
	old := b.connect("alice")
	if _, err := b.broker.Register(endsSoon(t), "alice", ClientOptions{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nobody looked at the holder: %v", err)
	}
	b.run()
	done := make(chan error, 1)
	go func() {
		c, err := b.broker.Register(t.Context(), "alice", ClientOptions{})
		if c != nil {
			_ = c.Close()
		}
		done <- err
	}()
	old.hangUp()
	for {
		b.run()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			return
		case <-b.woken:
		}
	}
}

// endsSoon is a context that ends by its deadline.
func endsSoon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), ms)
	t.Cleanup(cancel)
	return ctx
}
