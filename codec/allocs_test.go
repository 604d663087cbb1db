//go:build !race

package codec_test

import (
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/wiretest"
)

func TestNoAllocations(t *testing.T) {
	var (
		d       codec.Decoder
		f       codec.Frame
		del     codec.Delivery
		limits  codec.NameLimits
		buf     = make([]byte, 0, 1<<10)
		payload = []byte("payload")
		topic   = []byte("sensors/kitchen")
		topics  = []string{"a/b", "c/#"}
		list    = []byte("a/b\x00c/#")
		hello   = codec.AppendHello(nil, "lab.floor3.thermometer")
		seen    int
	)
	tests := map[string]func(){
		"Decoder.Next": func() {
			for i := range wiretest.Frames { // errors too
				n, _, err := d.Next(wiretest.Frames[i].Wire, &f)
				if (n > 0) == (err != nil) {
					t.Error("neither a frame nor a fault")
				}
			}
		},
		"NextDelivery": func() {
			for i := range wiretest.Deliveries {
				n, _, err := codec.NextDelivery(wiretest.Deliveries[i].Wire, wiretest.MaxBody, &del)
				if (n > 0) == (err != nil) {
					t.Error("neither a delivery nor a fault")
				}
			}
		},
		"ParseRPC": func() {
			for i := range wiretest.RPCs {
				if _, ok := codec.ParseRPC(wiretest.RPCs[i].Wire); ok != wiretest.RPCs[i].OK {
					t.Error(ok)
				}
			}
		},
		"Topics": func() {
			for topic := range codec.Topics(list) {
				seen += len(topic)
			}
		},
		"ConsumeHello": func() {
			if _, n := codec.ConsumeHello(hello); n == 0 {
				t.Error("not whole")
			}
		},
		"NameLimits.Check": func() {
			if code, _ := limits.Check(hello[2:]); code != codec.OK {
				t.Error(code)
			}
		},
		"AppendFrame": func() {
			buf = codec.AppendFrame(buf[:0], 1, codec.OpMessage, codec.QoSNo, "client.17", payload)
			buf = codec.AppendPublishFor(buf, 1, codec.QoSNo, "a/b", "client.17", payload)
			buf = codec.AppendTopics(buf, 1, codec.OpSubscribe, codec.QoSNo, topics...)
			buf = codec.AppendPing(buf)
		},
		"AppendDelivery": func() {
			buf = codec.AppendDelivery(buf[:0], codec.KindPublish, true, "client.17", topic, payload)
			buf = codec.AppendAck(buf, 1, codec.OK)
			buf = codec.AppendNop(buf)
		},
		"AppendRPC": func() {
			buf = codec.AppendRPCNotification(buf[:0], payload)
			buf = codec.AppendRPCRequest(buf, 1, "info", payload)
			buf = codec.AppendRPCReply(buf, 1, payload)
			buf = codec.AppendRPCError(buf, 1, codec.RPCInternal, payload)
		},
	}
	for name, f := range tests {
		if n := testing.AllocsPerRun(1000, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
	if seen == 0 {
		t.Error("no topic seen")
	}
}
