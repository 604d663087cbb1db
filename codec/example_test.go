package codec_test

import (
	"fmt"

	"github.com/busrt-go/busrt/codec"
)

// Frames are decoded in place, as many as have arrived; what is left waits for
// more bytes.
func ExampleDecoder() {
	received := codec.AppendFrame(nil, 1, codec.OpMessage, codec.QoSProcessed, "bob", []byte("hello"))
	received = codec.AppendTopics(received, 2, codec.OpSubscribe, codec.QoSNo, "news/+", "weather")
	received = append(received, codec.AppendPing(nil)[:4]...)

	var (
		d codec.Decoder
		f codec.Frame
	)
	for {
		n, need, err := d.Next(received, &f)
		switch {
		case err != nil:
			fmt.Println("disconnect:", err)
			return
		case n == 0:
			fmt.Printf("%d bytes of at least %d\n", len(received), need)
			return
		case f.Op == codec.OpSubscribe:
			for topic := range codec.Topics(f.Payload) {
				fmt.Printf("%v %s\n", f.Op, topic)
			}
		default:
			fmt.Printf("%v to %s: %s, ack %v\n", f.Op, f.Target, f.Payload, f.QoS.NeedsAck())
		}
		received = received[n:]
	}
	// Output:
	// message to bob: hello, ack true
	// subscribe news/+
	// subscribe weather
	// 4 bytes of at least 9
}
