package rpc_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

// The bus ends: calls fail at once, handlers are told, what came before is
// handled all the same; then there is an end.
func TestBusEnds(t *testing.T) {
	overBuses(t, func(t *testing.T, bus func(m *member) rpc.Bus) {
		h := newHub(t)
		alice := h.join("alice")
		bob := h.join("bob") // who never answers
		begun, release, notified := make(chan struct{}), make(chan struct{}), make(chan string, 10)
		mux := rpc.Mux{OnNotification: func(ctx context.Context, n *rpc.Notification) {
			if string(n.Data) == "wait" {
				close(begun)
				<-ctx.Done()
				<-release
			}
			notified <- string(n.Data)
		}}
		c := connect(t, bus(alice), &mux, rpc.Options{})
		check(t, bob.Send(within(t), "alice", []byte("\x00wait"), codec.QoSNo))
		check(t, bob.Send(within(t), "alice", []byte("\x00then"), codec.QoSNo))
		<-begun
		outcome := make(chan error)
		go func() {
			_, err := c.Call(within(t), "bob", "m", nil)
			outcome <- err
		}()
		_, err := bob.RecvBatch(within(t)) // the call is under way
		check(t, err)
		check(t, alice.Close())
		if err := <-outcome; !errors.Is(err, errEnded) {
			t.Errorf("the call: %v", err)
		}
		if c.Err() != nil {
			t.Errorf("over while a handler runs: %v", c.Err())
		}
		close(release)
		<-c.Done()
		if !errors.Is(c.Err(), errEnded) {
			t.Errorf("over: %v", c.Err())
		}
		if a, b := <-notified, <-notified; a != "wait" || b != "then" {
			t.Errorf("handled %q, %q", a, b)
		}
		if _, err := c.Call(within(t), "bob", "m", nil); !errors.Is(err, errEnded) {
			t.Errorf("a call after the end: %v", err)
		}
	})
}

// Close ends contexts, waits for what runs and drops what waits.
func TestClose(t *testing.T) {
	h := newHub(t)
	bob := h.join("bob")
	begun := make(chan struct{})
	var handled []string
	mux := rpc.Mux{OnNotification: func(ctx context.Context, n *rpc.Notification) {
		handled = append(handled, string(n.Data))
		close(begun)
		<-ctx.Done()
	}}
	c := connect(t, h.join("alice"), &mux, rpc.Options{QueueSize: 1})
	for _, data := range []string{"\x001", "\x002", "\x003", "\x004"} {
		check(t, bob.Send(within(t), "alice", []byte(data), codec.QoSNo))
	}
	<-begun
	check(t, c.Close())
	if strings.Join(handled, " ") != "1" {
		t.Errorf("handled %q", handled)
	}
	if c.Name() != "alice" || !errors.Is(c.Err(), errEnded) {
		t.Errorf("%s: %v", c.Name(), c.Err())
	}
}
