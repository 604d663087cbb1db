package codec_test

import (
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/wiretest"
)

func BenchmarkDecoderNext(b *testing.B) {
	payload := make([]byte, 100)
	for _, c := range []struct {
		name string
		wire []byte
	}{
		{"ping", codec.AppendPing(nil)},
		{"message", codec.AppendFrame(nil, 7, codec.OpMessage, codec.QoSProcessed, "client.17", payload)},
		{"message/long", codec.AppendFrame(nil, 7, codec.OpMessage, codec.QoSProcessed, "lab.building7.floor3.room12.thermometer9", payload)},
		{"message/unicode", codec.AppendFrame(nil, 7, codec.OpMessage, codec.QoSProcessed, "Zürich.Küche", payload)},
		{"publish", codec.AppendFrame(nil, 7, codec.OpPublish, codec.QoSNo, "sensors/kitchen/temp", payload)},
		{"publish_for", codec.AppendPublishFor(nil, 7, codec.QoSNo, "sensors/kitchen/temp", "client.17", payload)},
		{"subscribe", codec.AppendTopics(nil, 7, codec.OpSubscribe, codec.QoSProcessed, "a/b", "c/#", "d/+/e")},
	} {
		b.Run(c.name, func(b *testing.B) {
			var (
				d codec.Decoder
				f codec.Frame
			)
			for b.Loop() {
				if n, _, _ := d.Next(c.wire, &f); n == 0 {
					b.Fatal("no frame")
				}
			}
		})
	}
}

func BenchmarkNextDelivery(b *testing.B) {
	payload := make([]byte, 100)
	for _, c := range []struct {
		name string
		wire []byte
	}{
		{"ack", codec.AppendAck(nil, 7, codec.OK)},
		{"message", codec.AppendDelivery(nil, codec.KindMessage, false, "client.17", nil, payload)},
		{"publish", codec.AppendDelivery(nil, codec.KindPublish, false, "client.17", []byte("sensors/kitchen/temp"), payload)},
	} {
		b.Run(c.name, func(b *testing.B) {
			var d codec.Delivery
			for b.Loop() {
				if n, _, _ := codec.NextDelivery(c.wire, wiretest.MaxBody, &d); n == 0 {
					b.Fatal("no delivery")
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	var (
		dst     = make([]byte, 0, 1<<10)
		payload = make([]byte, 100)
		topic   = []byte("sensors/kitchen/temp")
	)
	for _, c := range []struct {
		name string
		run  func()
	}{
		{"Ack", func() { dst = codec.AppendAck(dst[:0], 7, codec.OK) }},
		{"Delivery/message", func() {
			dst = codec.AppendDelivery(dst[:0], codec.KindMessage, false, "client.17", nil, payload)
		}},
		{"Delivery/publish", func() {
			dst = codec.AppendDelivery(dst[:0], codec.KindPublish, false, "client.17", topic, payload)
		}},
		{"Frame", func() {
			dst = codec.AppendFrame(dst[:0], 7, codec.OpMessage, codec.QoSProcessed, "client.17", payload)
		}},
		{"PublishFor", func() {
			dst = codec.AppendPublishFor(dst[:0], 7, codec.QoSNo, "sensors/kitchen/temp", "client.17", payload)
		}},
		{"RPCRequest", func() { dst = codec.AppendRPCRequest(dst[:0], 7, "client.list", payload) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.run()
			}
		})
	}
}

func BenchmarkDeliveryHeader(b *testing.B) {
	wire := codec.AppendDelivery(nil, codec.KindMessage, false, "client.17", nil, make([]byte, 100))
	for b.Loop() {
		if _, body, _ := codec.DeliveryHeader(wire); body == 0 {
			b.Fatal("no body")
		}
	}
}

func BenchmarkTopics(b *testing.B) {
	body := []byte("a/b\x00c/#\x00d/+/e")
	for b.Loop() {
		n := 0
		for range codec.Topics(body) {
			n++
		}
		if n != 3 {
			b.Fatal(n)
		}
	}
}

func BenchmarkParseRPC(b *testing.B) {
	wire := codec.AppendRPCRequest(nil, 7, "client.list", make([]byte, 100))
	for b.Loop() {
		if _, ok := codec.ParseRPC(wire); !ok {
			b.Fatal("dropped")
		}
	}
}
