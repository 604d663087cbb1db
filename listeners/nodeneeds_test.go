package listeners

import (
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

var nodeNeeds = []need{
	{"[section 14: Node busrt, 1] a unix path, whatever its name", testAnyPath},
	{"[section 14: Node busrt, 2] an ack for every operation", testEveryAck},
	{"[section 14: Node busrt, 3] messages of the broker are RPC", testBrokerSpeaksRPC},
}

func testAnyPath(t *testing.T, network string) {
	t.Helper()
	if network != networkUnix {
		t.Skip("it knows no other")
	}
	b := serve(t, network, engine.Options{}, Options{})
	for _, path := range []string{"/bus", "/bus.sock", "/127.0.0.1:80"} {
		at, err := b.Listen(t.Context(), b.dir+path, ListenOptions{})
		check(t, err)
		c := connect(t, at, "node")
		c.alive("node")
		check(t, c.Close())
	}
}

func testEveryAck(t *testing.T, network string) { // [BUSRT-O11]
	t.Helper()
	b := serve(t, network, engine.Options{}, Options{})
	x := connect(t, b.at, "x")
	id := uint32(0)
	for _, q := range []codec.QoS{codec.QoSProcessed, codec.QoSRealtimeProcessed} {
		for _, op := range []codec.Op{codec.OpSubscribe, codec.OpUnsubscribe, codec.OpExclude, codec.OpUnexclude} {
			id++
			x.send(codec.AppendTopics(nil, id, op, q, "a", "b"))
			x.acked(id, codec.OK)
		}
		for _, s := range []struct {
			op     codec.Op
			target string
			want   codec.Status
		}{
			{codec.OpMessage, ".broker", codec.OK},
			{codec.OpMessage, "nobody", codec.NotRegistered},
			{codec.OpBroadcast, "nobody.*", codec.OK},
			{codec.OpPublish, "a", codec.OK},
			{codec.OpPublish, ".broker/info", codec.AccessDenied},
		} {
			id++
			x.send(codec.AppendFrame(nil, id, s.op, q, s.target, nil))
			x.acked(id, s.want)
		}
		id++
		x.send(codec.AppendPublishFor(nil, id, q, "a", "x", nil))
		x.acked(id, codec.OK)
	}
}

// Its RPC layer takes every message for RPC.
func testBrokerSpeaksRPC(t *testing.T, network string) { // [BUSRT-R6]
	t.Helper()
	b := serve(t, network, engine.Options{}, Options{})
	x := connect(t, b.at, "x")
	for _, payload := range []string{"", "text", "\x00note", "\x01", "\x01\x01\x00\x00\x00test", "\x11\x01\x00\x00\x00", "\x12\x01\x00\x00\x00", "\xFF"} {
		x.message(".broker", payload) // nothing to answer
	}
	methods := []string{"test", "info", "stats", "client.list", "benchmark.test", "none"}
	for i, method := range methods {
		x.message(".broker", string(codec.AppendRPCRequest(nil, uint32(i+1), method, nil)))
	}
	answered := map[uint32]bool{}
	for range methods {
		d := x.next()
		answer, ok := codec.ParseRPC(d.Payload)
		if d.Kind != codec.KindMessage || !ok || answer.Kind != codec.RPCReply && answer.Kind != codec.RPCError {
			t.Fatalf("got %v, % X", d.Kind, d.Payload)
		}
		answered[answer.ID] = true
	}
	if len(answered) != len(methods) {
		t.Errorf("answered: %v", answered)
	}
}
