package engine

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/busrt-go/busrt/codec"
)

// What waits when a client is closed is told so, in whatever way it waits.
func TestCloseInside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBus(t, 1, Options{})
		c := b.insider("alice", ClientOptions{})
		ends := make(chan error, 3)
		go func() { _, err := c.Recv(t.Context()); ends <- err }()
		go func() {
			for _, err := range c.Frames(t.Context()) {
				ends <- err
			}
		}()
		go func() {
			for range c.C() {
				t.Error("a frame")
			}
			ends <- c.Err()
		}()
		synctest.Wait()
		if c.Err() != nil || c.Close() != nil || c.Close() != nil {
			t.Error("Close failed")
		}
		for range cap(ends) {
			if err := <-ends; !errors.Is(err, codec.ErrClosed) {
				t.Errorf("error %v", err)
			}
		}
		for name, err := range map[string]error{
			"Send":      c.Send(t.Context(), "alice", nil, codec.QoSNo),
			"Publish":   c.Publish(t.Context(), "a", nil, codec.QoSNo),
			"Subscribe": c.Subscribe(t.Context(), "a"),
			"Ping":      c.Ping(t.Context()),
			"Err":       c.Err(),
		} {
			if !errors.Is(err, codec.ErrClosed) {
				t.Errorf("%s after Close: %v", name, err)
			}
		}
		if _, open := <-c.C(); open {
			t.Error("a frame after Close")
		}
	})
}

// A broker that shuts down leaves its in-process clients what is queued for
// them, the notice among it, and takes no new ones [BUSRT-A2].
func TestShutdownInside(t *testing.T) {
	b := newBus(t, 1, Options{})
	alice, bob := b.insider("alice", ClientOptions{}), b.insider("bob", ClientOptions{})
	if err := alice.Send(t.Context(), "bob", []byte("last"), codec.QoSProcessed); err != nil {
		t.Fatal(err)
	}
	if err := b.broker.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-bob.Done()
	batch, err := bob.RecvBatch(t.Context())
	if err != nil || len(batch) != 2 || string(batch[0].Payload) != "last" || batch[1].Topic != topicWarn {
		t.Errorf("%+v, %v", batch, err)
	}
	for range 2 {
		if _, err := bob.RecvBatch(t.Context()); !errors.Is(err, ErrShutdown) {
			t.Errorf("then %v", err)
		}
	}
	if err := alice.Send(t.Context(), "bob", nil, codec.QoSProcessed); !errors.Is(err, ErrShutdown) {
		t.Errorf("sending: %v", err)
	}
	if _, err := b.broker.Register(t.Context(), "carol", ClientOptions{}); !errors.Is(err, ErrShutdown) {
		t.Errorf("registering: %v", err)
	}
}

// Copies stay what they are; views live until the next batch, also when
// the two are mixed.
func TestCopiesAndViews(t *testing.T) {
	b := newBus(t, 1, Options{})
	alice, bob := b.insider("alice", ClientOptions{}), b.insider("bob", ClientOptions{})
	const n = 2*batchFrames + 100
	for i := range n {
		if err := alice.Send(t.Context(), "bob", fmt.Append(nil, i), codec.QoSProcessed); err != nil {
			t.Fatal(err)
		}
	}
	var kept []Frame
	copied := func(want int) {
		t.Helper()
		f, err := bob.Recv(t.Context())
		if err != nil || string(f.Payload) != fmt.Sprint(want) {
			t.Fatalf("frame %d: %+v, %v", want, f, err)
		}
		kept = append(kept, f)
	}
	copied(0)
	batch, err := bob.RecvBatch(t.Context())
	if err != nil || len(batch) != batchFrames {
		t.Fatalf("%d frames, %v", len(batch), err)
	}
	for i := range n - 1 - batchFrames {
		copied(i + 1 + batchFrames)
	}
	for i, f := range batch {
		if string(f.Payload) != fmt.Sprint(i+1) || f.Sender != "alice" {
			t.Fatalf("view %d: %+v", i, f)
		}
	}
	bob.expect()
	for _, f := range kept {
		if f.Sender != "alice" || len(f.Payload) == 0 || f.Payload[0] < '0' || f.Payload[0] > '9' {
			t.Fatalf("a copy has changed: %+v", f)
		}
	}
}

// A tap sees messages of in-process clients before they are queued, and keeps
// those it wants.
func TestTapInside(t *testing.T) {
	b := newBus(t, 1, Options{})
	alice, bob := b.insider("alice", ClientOptions{}), b.insider("bob", ClientOptions{})
	var seen []string
	bob.Tap(func(f *Frame) bool {
		seen = append(seen, receivedText(f))
		return string(f.Payload) == "keep"
	})
	for _, payload := range []string{"keep", "pass"} {
		if err := alice.Send(t.Context(), "bob", []byte(payload), codec.QoSRealtimeProcessed); err != nil {
			t.Fatal(err)
		}
	}
	bob.Tap(nil)
	if err := alice.Send(t.Context(), "bob", []byte("keep"), codec.QoSProcessed); err != nil {
		t.Fatal(err)
	}
	bob.expect("message! alice: pass", "message alice: keep")
	if fmt.Sprint(seen) != "[message! alice: keep message! alice: pass]" {
		t.Errorf("seen %q", seen)
	}
}
