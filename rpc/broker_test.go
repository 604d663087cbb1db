package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/internal/brokertest"
	"github.com/busrt-go/busrt/rpc"
)

// RPC through our own broker by the same table, over every transport, and with
// clients that are in-process where it is not about the end of a connection.
func TestOverBroker(t *testing.T) {
	tests := []struct {
		name string
		test func(t *testing.T, b *brokertest.Broker)
		over func(t *testing.T, o engine.Options, test func(t *testing.T, b *brokertest.Broker))
	}{
		{"methods of the broker [BUSRT-C1] … [BUSRT-C6]", testCore, brokertest.OverAll},
		{"both ways", testBothWays, brokertest.OverAll},
		{"frames and notifications [BUSRT-R6]", testFrames, brokertest.OverAll},
		{"large", testLarge, brokertest.Over},
		{"the callee goes", testCalleeGoes, brokertest.OverAll},
		{"the callee goes, watched [BUSRT-A1] [BUSRT-O14]", testWatchedCalleeGoes, brokertest.OverAll},
		{"the broker goes", testBrokerGoes, brokertest.Over},
		{"the broker goes and comes again", testReconnect, brokertest.Over},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.over(t, engine.Options{Timeout: patience}, tt.test)
		})
	}
}

// dial connects to a broker.
func dial(tb testing.TB, b *brokertest.Broker, name string, h rpc.Handler, o rpc.Options) *rpc.Conn {
	tb.Helper()
	c, err := b.Connect(tb, client.Options{Name: name})
	check(tb, err)
	return connect(tb, c, h, o)
}

func testCore(t *testing.T, b *brokertest.Broker) {
	c := dial(t, b, "alice", nil, rpc.Options{})
	test, err := rpc.Call[codec.TestResult](within(t), c, ".broker", "test", nil)
	if !test.OK || err != nil {
		t.Errorf("test: %+v, %v", test, err)
	}
	info, err := rpc.Call[codec.BrokerInfo](within(t), c, ".broker", "info", nil)
	if info.Version == "" || err != nil {
		t.Errorf("info: %+v, %v", info, err)
	}
	list, err := rpc.Call[codec.ClientList](within(t), c, ".broker", "client.list", nil)
	if len(list.Clients) != 2 || list.Clients[1].Name != "alice" || err != nil {
		t.Errorf("client.list: %+v, %v", list, err)
	}
	echo, err := c.Call(within(t), ".broker", "benchmark.test", []byte("x\x00y"))
	if string(echo) != "x\x00y" || err != nil {
		t.Errorf("benchmark.test: %q, %v", echo, err)
	}
	if _, err := c.Call(within(t), ".broker", "none", nil); !errors.Is(err, &rpc.Error{Code: codec.RPCMethodNotFound}) {
		t.Errorf("a method that is none: %v", err)
	}
	if _, err := c.Call(within(t), ".broker", "test", []byte{1}); !errors.Is(err, &rpc.Error{Code: codec.RPCInvalidParams}) {
		t.Errorf("params that are too many: %v", err)
	}
}

// Two that call each other, many calls at once, and themselves.
func testBothWays(t *testing.T, b *brokertest.Broker) {
	const callers, each = 8, 100
	reverse := rpc.CallFunc(func(_ context.Context, r *rpc.Request) ([]byte, error) {
		return fmt.Appendf(nil, "%s for %s", r.Params, r.Sender), nil
	})
	conns := []*rpc.Conn{
		dial(t, b, "alice", reverse, rpc.Options{}), dial(t, b, "bob", reverse, rpc.Options{Realtime: true}),
	}
	var wg sync.WaitGroup
	for i := range callers {
		from, to := conns[i%2], conns[i/2%2]
		wg.Go(func() {
			for n := range each {
				result, err := from.Call(within(t), to.Name(), "m", fmt.Append(nil, n))
				if want := fmt.Sprintf("%d for %s", n, from.Name()); string(result) != want || err != nil {
					t.Errorf("%q, %v, want %q", result, err, want)
				}
			}
		})
	}
	wg.Wait()
}

func testFrames(t *testing.T, b *brokertest.Broker) {
	r := newRecorder()
	bob, err := b.Connect(t, client.Options{Name: "bob"})
	check(t, err)
	check(t, bob.Subscribe(within(t), "a/#"))
	connect(t, bob, r, rpc.Options{})
	alice, err := b.Connect(t, client.Options{Name: "alice"})
	check(t, err)
	c := connect(t, alice, nil, rpc.Options{})
	check(t, c.Notify(within(t), "bob", []byte("note")))
	check(t, alice.Publish(within(t), "a/b", []byte("\x00published"), codec.QoSNo))
	check(t, alice.Broadcast(within(t), "bob", []byte("\x01broadcast"), codec.QoSNo))
	check(t, alice.Send(within(t), "bob", []byte("no RPC at all"), codec.QoSNo))
	check(t, c.Call0(within(t), "bob", "m", []byte("call0")))
	if n := <-r.notifications; n.Sender != "alice" || string(n.Data) != "note" {
		t.Errorf("%+v", n)
	}
	if f := <-r.frames; f.Kind != codec.KindPublish || f.Topic != "a/b" || string(f.Payload) != "\x00published" {
		t.Errorf("%+v", f)
	}
	if f := <-r.frames; f.Kind != codec.KindBroadcast || string(f.Payload) != "\x01broadcast" {
		t.Errorf("%+v", f)
	}
	if q := <-r.requests; q.ID != 0 || q.Method != "m" || string(q.Params) != "call0" {
		t.Errorf("%+v", q)
	}
}

func testLarge(t *testing.T, b *brokertest.Broker) {
	params := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB
	c := dial(t, b, "alice", rpc.CallFunc(func(_ context.Context, r *rpc.Request) ([]byte, error) { return r.Params, nil }), rpc.Options{})
	result, err := c.Call(within(t), "alice", "echo", params)
	if !bytes.Equal(result, params) || err != nil {
		t.Errorf("%d bytes, %v", len(result), err)
	}
	small, err := client.Dial(within(t), b.Address, b.Trusted(client.Options{Name: "small", MaxFrame: 1000}))
	check(t, err)
	connect(t, small, rpc.CallFunc(func(context.Context, *rpc.Request) ([]byte, error) { return params, nil }), rpc.Options{})
	if _, err := c.Call(within(t), "small", "m", nil); !errors.Is(err, &rpc.Error{Code: codec.RPCInternal}) {
		t.Errorf("a result that cannot be sent: %v", err)
	}
}
