package client_test

import (
	"errors"
	"io"
	"testing"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/internal/brokertest"
)

// Secondaries are numbered, past numbers that are taken, and go with their
// primary [BUSRT-H6] [BUSRT-O14].
func testSecondaries(t *testing.T, b *brokertest.Broker) {
	bob, alice := as(t, b, "bob"), as(t, b, "alice")
	as(t, b, "bob%%1")
	var last client.Bus
	for _, want := range []string{"bob%%0", "bob%%2", "bob%%3"} {
		s, err := brokertest.Secondary(t, bob)
		check(t, err)
		t.Cleanup(func() { check(t, s.Close()) })
		if s.Name() != want {
			t.Errorf("named %s, want %s", s.Name(), want)
		}
		check(t, s.Send(within(t), "alice", nil, codec.QoSProcessed))
		expect(t, alice, client.Frame{Kind: codec.KindMessage, Sender: want})
		check(t, alice.Send(within(t), want, make([]byte, maxFrame/2), codec.QoSProcessed)) // its options are the primary's
		last = s
	}
	if _, err := brokertest.Secondary(t, last); !errors.Is(err, codec.NotSupported) {
		t.Errorf("a secondary of a secondary: %v", err)
	}
	check(t, bob.Close())
	<-last.Done()
	if _, local := last.(*engine.Client); !local {
		disconnected(t, last.Err(), io.EOF)
	}
	if _, err := brokertest.Secondary(t, bob); !errors.Is(err, codec.NotRegistered) {
		t.Errorf("a secondary of nobody: %v", err)
	}
}

// Secondaries reconnect as their primaries do, once those are there, under the
// name they had.
func TestSecondaryReconnects(t *testing.T) {
	brokertest.Over(t, engine.Options{Timeout: patience}, testSecondaryReconnects)
}

func testSecondaryReconnects(t *testing.T, b *brokertest.Broker) {
	o, states := reconnecting(client.Reconnect{})
	o.Name = "bob"
	bob := dial(t, b.Address, b.Trusted(o))
	s, err := bob.Secondary(within(t))
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	check(t, s.Subscribe(within(t), "a"))
	b.Stop(t)
	b.Start(t)
	for s.Publish(within(t), "a", nil, codec.QoSProcessed) != nil {
		check(t, s.AwaitConnection(within(t)))
	}
	for f, err := range s.Frames(within(t)) { // the notice of the old broker, then ours
		check(t, err)
		if f.Topic == "a" {
			break
		}
	}
	if s.Name() != "bob%%0" {
		t.Errorf("named %s", s.Name())
	}
	check(t, states.until(t, client.Connected))
	disconnected(t, states.until(t, client.Disconnected), io.EOF)
	check(t, states.until(t, client.Connected))
	if n := len(states); n != 0 {
		t.Errorf("%d more states: those of the secondary?", n)
	}
}
