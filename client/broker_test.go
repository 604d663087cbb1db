package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/internal/brokertest"
)

// Clients of our own broker by the same table, over every transport, in-process,
// and with every other client in-process.
func TestOverBroker(t *testing.T) {
	tests := []struct {
		name string
		test func(t *testing.T, b *brokertest.Broker)
	}{
		{"message [BUSRT-O1]", testMessage},
		{"broadcast [BUSRT-O2]", testBroadcast},
		{"publish [BUSRT-O3]", testPublish},
		{"publish_for [BUSRT-O4]", testPublishFor},
		{"order [BUSRT-O7]", testOrder},
		{"large frames", testLargeFrames},
		{"names [BUSRT-H4] [BUSRT-H11]", testNames},
		{"shutdown [BUSRT-A2]", testShutdown},
		{"many to one", testManyToOne},
		{"secondaries [BUSRT-H6] [BUSRT-O14]", testSecondaries},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			brokertest.OverAll(t, engine.Options{Timeout: patience, MaxFrame: maxFrame}, tt.test)
		})
	}
}

const maxFrame = 2 << 20 // of broker and clients

// as connects under a name.
func as(t *testing.T, b *brokertest.Broker, name string) client.Bus {
	t.Helper()
	c, err := b.Connect(t, client.Options{Name: name, MaxFrame: maxFrame})
	check(t, err)
	t.Cleanup(func() { check(t, c.Close()) })
	return c
}

// expect receives one frame and compares it.
func expect(t *testing.T, c client.Bus, want client.Frame) {
	t.Helper()
	f, err := c.Recv(within(t))
	check(t, err)
	if f.Kind != want.Kind || f.Realtime != want.Realtime || f.Sender != want.Sender || f.Topic != want.Topic ||
		!bytes.Equal(f.Payload, want.Payload) {
		t.Errorf("%s received %+v, want %+v", c.Name(), f, want)
	}
}

func testMessage(t *testing.T, b *brokertest.Broker) {
	alice, bob := as(t, b, "alice"), as(t, b, "bob")
	second := as(t, b, "bob%%2") // [BUSRT-H9]
	for q := codec.QoSNo; q <= codec.QoSRealtimeProcessed; q++ {
		check(t, alice.Send(within(t), "bob", []byte("hi"), q))
		expect(t, bob, client.Frame{Kind: codec.KindMessage, Realtime: q.Realtime(), Sender: "alice", Payload: []byte("hi")})
	}
	check(t, second.Send(within(t), "alice", nil, codec.QoSProcessed))
	expect(t, alice, client.Frame{Kind: codec.KindMessage, Sender: "bob%%2"})
	check(t, alice.Send(within(t), "bob%%2", nil, codec.QoSNo))
	expect(t, second, client.Frame{Kind: codec.KindMessage, Sender: "alice"})
	if err := alice.Send(within(t), "carol", nil, codec.QoSProcessed); !errors.Is(err, codec.NotRegistered) {
		t.Errorf("to nobody: %v", err)
	}
	check(t, alice.Send(within(t), "carol", nil, codec.QoSNo))
}

func testBroadcast(t *testing.T, b *brokertest.Broker) {
	alice, bob, lab := as(t, b, "alice"), as(t, b, "lab.bob"), as(t, b, "lab.carol")
	check(t, alice.Broadcast(within(t), "lab.*", []byte("hi"), codec.QoSProcessed))
	for _, c := range []client.Bus{bob, lab} {
		expect(t, c, client.Frame{Kind: codec.KindBroadcast, Sender: "alice", Payload: []byte("hi")})
	}
	check(t, bob.Broadcast(within(t), "?", nil, codec.QoSNo))
	expect(t, alice, client.Frame{Kind: codec.KindBroadcast, Sender: "lab.bob"})
	check(t, alice.Broadcast(within(t), "nobody", nil, codec.QoSProcessed)) // [BUSRT-O8]
}

func testPublish(t *testing.T, b *brokertest.Broker) {
	alice, bob := as(t, b, "alice"), as(t, b, "bob")
	check(t, bob.Subscribe(within(t), "a/#", "c"))
	check(t, bob.Exclude(within(t), "a/x"))
	publish := func(topic string) {
		t.Helper()
		check(t, alice.Publish(within(t), topic, []byte(topic), codec.QoSProcessed))
	}
	received := func(topic string) {
		t.Helper()
		expect(t, bob, client.Frame{Kind: codec.KindPublish, Sender: "alice", Topic: topic, Payload: []byte(topic)})
	}
	for _, topic := range []string{"a/b", "a/x", "b", "c"} {
		publish(topic)
	}
	received("a/b")
	received("c")
	check(t, bob.Unexclude(within(t), "a/x"))
	check(t, bob.Unsubscribe(within(t), "c"))
	publish("c")
	publish("a/x")
	received("a/x")
	check(t, bob.Subscribe(within(t))) // the empty topic [BUSRT-F3]
	publish("")
	received("")
}

func testPublishFor(t *testing.T, b *brokertest.Broker) {
	alice, bob, second := as(t, b, "alice"), as(t, b, "bob"), as(t, b, "bob%%2")
	for _, c := range []client.Bus{alice, bob, second} {
		check(t, c.Subscribe(within(t), "a"))
	}
	check(t, alice.PublishFor(within(t), "a", "bob", []byte("hi"), codec.QoSProcessed))
	check(t, alice.Publish(within(t), "a", []byte("all"), codec.QoSProcessed))
	for _, c := range []client.Bus{bob, second} {
		expect(t, c, client.Frame{Kind: codec.KindPublish, Sender: "alice", Topic: "a", Payload: []byte("hi")})
	}
	for _, c := range []client.Bus{alice, bob, second} {
		expect(t, c, client.Frame{Kind: codec.KindPublish, Sender: "alice", Topic: "a", Payload: []byte("all")})
	}
}

// A frame to oneself is there before its ack.
func testOrder(t *testing.T, b *brokertest.Broker) {
	c := as(t, b, "alice")
	check(t, c.Subscribe(within(t), "#"))
	over, cancel := context.WithCancel(context.Background())
	cancel()
	for i := range 200 {
		payload := fmt.Append(nil, i)
		check(t, c.Send(within(t), "alice", payload, codec.QoSNo))
		check(t, c.Publish(within(t), "a", payload, codec.QoSProcessed))
		batch, err := c.RecvBatch(over) // which does not wait for anything
		if err != nil || len(batch) != 2 || string(batch[0].Payload) != string(payload) || batch[1].Topic != "a" {
			t.Fatalf("round %d: %+v, %v", i, batch, err)
		}
	}
}

func testLargeFrames(t *testing.T, b *brokertest.Broker) {
	alice, bob := as(t, b, "alice"), as(t, b, "bob")
	check(t, bob.Subscribe(within(t), ""))
	for _, n := range []int{1 << 16, 1, maxFrame - len("bob\x00")} {
		payload := bytes.Repeat([]byte{byte(n%251) + 1}, n)
		check(t, alice.Send(within(t), "bob", payload, codec.QoSProcessed))
		expect(t, bob, client.Frame{Kind: codec.KindMessage, Sender: "alice", Payload: payload})
	}
	payload := make([]byte, maxFrame-1) // what comes to the receivers is longer than the limit
	check(t, alice.Publish(within(t), "", payload, codec.QoSProcessed))
	expect(t, bob, client.Frame{Kind: codec.KindPublish, Sender: "alice", Payload: payload})
}

// A name is free as soon as Close has returned.
func testNames(t *testing.T, b *brokertest.Broker) {
	as(t, b, "bob")
	for _, tt := range []struct {
		name string
		want codec.Status
	}{
		{"bob", codec.Busy}, {".x", codec.Data}, {"a*", codec.Data}, {"carol%%1", codec.NotRegistered},
	} {
		c, err := b.Connect(t, client.Options{Name: tt.name})
		if !errors.Is(err, tt.want) {
			t.Errorf("%q: connected: %t, error %v", tt.name, c != nil, err)
		}
	}
	for range 100 {
		c, err := b.Connect(t, client.Options{Name: "alice"})
		check(t, err)
		check(t, c.Send(within(t), "bob", []byte("hi"), codec.QoSNo))
		check(t, c.Close())
	}
}

// The notice is there before the end.
func testShutdown(t *testing.T, b *brokertest.Broker) {
	c := as(t, b, "alice")
	b.Stop(t)
	f, err := c.Recv(within(t))
	check(t, err)
	var notice codec.BrokerAnnouncement
	if _, err := notice.UnmarshalMsg(f.Payload); err != nil || f.Topic != ".broker/warn" || notice.Event != codec.EventShutdown {
		t.Errorf("%+v, %+v: %v", f, notice, err)
	}
	cause := io.EOF // of a socket
	if _, local := c.(*engine.Client); local {
		cause = engine.ErrShutdown
	}
	_, err = c.Recv(within(t))
	disconnected(t, err, cause)
	disconnected(t, c.Send(within(t), "bob", nil, codec.QoSProcessed), cause)
}

// Flow control holds fast senders back, nothing is lost, each keeps its order.
func testManyToOne(t *testing.T, b *brokertest.Broker) {
	const senders, each = 4, 5000
	sink := as(t, b, "sink")
	var wg sync.WaitGroup
	for i := range senders {
		c := as(t, b, fmt.Sprint("sender", i))
		wg.Go(func() {
			for n := range each {
				q := codec.QoSNo
				if n%100 == 99 {
					q = codec.QoSProcessed
				}
				if err := c.Send(within(t), "sink", fmt.Append(nil, n), q); err != nil {
					t.Errorf("%s, frame %d: %v", c.Name(), n, err)
				}
			}
		})
	}
	next := map[string]int{}
	for got := 0; got < senders*each; {
		batch, err := sink.RecvBatch(within(t))
		check(t, err)
		for _, f := range batch {
			if string(f.Payload) != fmt.Sprint(next[f.Sender]) {
				t.Fatalf("%s: %s, want %d", f.Sender, f.Payload, next[f.Sender])
			}
			next[string([]byte(f.Sender))]++ // the view dies, the key must not
		}
		got += len(batch)
	}
	wg.Wait()
}
