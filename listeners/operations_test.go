package listeners

import (
	"strings"
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// TestOperations: each operation over each transport, one loop and several, so
// that sender and receiver are on different loops too.
func TestOperations(t *testing.T) {
	for _, loops := range []int{1, 3} {
		for _, network := range all {
			t.Run(network, func(t *testing.T) {
				b := serve(t, network, engine.Options{}, Options{Loops: loops})
				x, y := connect(t, b.at, "x"), connect(t, b.at, "y")
				z := connect(t, b.at, "x%%z")
				const q = codec.QoSProcessed

				// [BUSRT-O1] [BUSRT-O7] [BUSRT-O11]
				x.send(codec.AppendFrame(nil, 1, codec.OpMessage, q, "y", []byte("one")))
				x.acked(1, codec.OK)
				y.got(codec.KindMessage, "x", "", "one")
				x.send(codec.AppendFrame(nil, 2, codec.OpMessage, q, "nobody", []byte("one")))
				x.acked(2, codec.NotRegistered)
				x.send(codec.AppendFrame(nil, 3, codec.OpMessage, q, "x", []byte("self")))
				x.got(codec.KindMessage, "x", "", "self")
				x.acked(3, codec.OK)

				// [BUSRT-O2]
				y.send(codec.AppendFrame(nil, 4, codec.OpBroadcast, q, "?", []byte("all")))
				x.got(codec.KindBroadcast, "y", "", "all")
				z.got(codec.KindBroadcast, "y", "", "all")
				y.got(codec.KindBroadcast, "y", "", "all")
				y.acked(4, codec.OK)

				// [BUSRT-O5] [BUSRT-O3] [BUSRT-O10]
				x.subscribe("a/+", "b")
				y.subscribe("#")
				z.subscribe("a/#")
				y.send(codec.AppendTopics(nil, 5, codec.OpExclude, q, "a/x"))
				y.acked(5, codec.OK)
				z.send(codec.AppendFrame(nil, 6, codec.OpPublish, q, "a/x", []byte("pub")))
				x.got(codec.KindPublish, "x%%z", "a/x", "pub")
				z.got(codec.KindPublish, "x%%z", "a/x", "pub")
				z.acked(6, codec.OK)

				// [BUSRT-O4] [BUSRT-O6]
				y.send(codec.AppendTopics(nil, 7, codec.OpUnexclude, q, "a/x"))
				y.acked(7, codec.OK)
				y.send(codec.AppendPublishFor(nil, 8, q, "a/x", "x", []byte("for")))
				y.acked(8, codec.OK)
				x.got(codec.KindPublish, "y", "a/x", "for")
				z.got(codec.KindPublish, "y", "a/x", "for")
				x.send(codec.AppendTopics(nil, 9, codec.OpUnsubscribe, q, "a/+"))
				x.acked(9, codec.OK)
				y.send(codec.AppendFrame(nil, 10, codec.OpPublish, q, "a/x", []byte("last")))
				y.got(codec.KindPublish, "y", "a/x", "last")
				y.acked(10, codec.OK)
				z.got(codec.KindPublish, "y", "a/x", "last")

				// [BUSRT-F1]: a ping is answered by nothing, and x got nothing meanwhile.
				x.send(codec.AppendPing(nil))
				x.message("x", "end")
				x.got(codec.KindMessage, "x", "", "end")
			})
		}
	}
}

// TestLargeFrames: bodies beyond the read buffer, the socket's and the number of
// segments in one write [BUSRT-F8].
func TestLargeFrames(t *testing.T) {
	for _, network := range all {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{}, Options{Loops: 2})
			x, y := connect(t, b.at, "x"), connect(t, b.at, "y")
			for _, n := range []int{readSize - 20, readSize, 1 << 20, 15 << 20} {
				go x.message("y", strings.Repeat("ab", n/2))
				y.got(codec.KindMessage, "x", "", strings.Repeat("ab", n/2))
			}
		})
	}
}

// TestMalformedFrame ends a connection, and frames before it count [BUSRT-F7].
func TestMalformedFrame(t *testing.T) {
	for _, network := range all {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{}, Options{Loops: 2})
			x, y := connect(t, b.at, "x"), connect(t, b.at, "y")
			x.send(append(codec.AppendFrame(nil, 0, codec.OpMessage, codec.QoSNo, "y", []byte("good")),
				0, 0, 0, 0, 0x3F, 0, 0, 0, 0))
			y.got(codec.KindMessage, "x", "", "good")
			x.ended()
		})
	}
}
