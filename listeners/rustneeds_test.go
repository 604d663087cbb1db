package listeners

import (
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

var rustNeeds = []need{
	{"[section 14: Rust busrt crate and CLI, 1] handshake in three writes", testThreeWrites},
	{"[section 14: Rust busrt crate and CLI, 2] a ping right after it", testFirstPing},
	{"[section 14: Rust busrt crate and CLI, 3] exclude and subscribe without topics", testNoTopics},
	{"[section 14: Rust busrt crate and CLI, 4] ack or disconnect", testAckOrDisconnect},
	{"[section 14: Rust busrt crate and CLI, 5] names again at once", testNamesAgain},
	{"[section 14: Rust busrt crate and CLI, 6] something of sections 2 to 9", testAllSections},
}

func testThreeWrites(t *testing.T, network string) { // [BUSRT-H4]
	t.Helper()
	b := serve(t, network, engine.Options{}, Options{})
	c := dial(t, b.at)
	c.bytes(codec.Greeting[:]...)
	c.send(codec.Greeting[:])
	c.bytes(byte(codec.OK))
	c.send([]byte{4, 0})
	c.send([]byte("rust"))
	c.bytes(byte(codec.OK))
	c.alive("rust")
}

func testFirstPing(t *testing.T, network string) { // [BUSRT-F1]
	t.Helper()
	b := serve(t, network, engine.Options{}, Options{})
	c := connect(t, b.at, "rust")
	c.send(codec.AppendPing(nil))
	c.alive("rust")
}

func testNoTopics(t *testing.T, network string) { // [BUSRT-F3]
	t.Helper()
	b := serve(t, network, engine.Options{}, Options{})
	c := connect(t, b.at, "rust")
	c.send([]byte("\x01\x00\x00\x00\x44\x00\x00\x00\x00"))
	c.acked(1, codec.OK)
	c.send([]byte("\x02\x00\x00\x00\x42\x00\x00\x00\x00"))
	c.acked(2, codec.OK)
	c.alive("rust")
}

// A caller sends until its receiver, which reads nothing, is cut off: every
// frame has its ack. A frame that cannot have one ends the connection.
func testAckOrDisconnect(t *testing.T, network string) { // [BUSRT-O11] [BUSRT-O12] [BUSRT-F7]
	t.Helper()
	b := serve(t, network, engine.Options{QueueFrames: 16, Timeout: patience}, Options{Loops: 2})
	x := connect(t, b.at, "x")
	connect(t, b.at, "deaf")
	payload := make([]byte, 1<<16)
	seen := map[codec.Status]bool{}
	for id := uint32(1); !seen[codec.NotRegistered]; id++ {
		x.send(codec.AppendFrame(nil, id, codec.OpMessage, codec.QoSProcessed, "deaf", payload))
		d := x.next()
		if d.Kind != codec.KindAck || d.ID != id {
			t.Fatalf("frame %d: got %v", id, d)
		}
		seen[d.Code] = true
	}
	if len(seen) != 3 || !seen[codec.OK] || !seen[codec.NotDelivered] {
		t.Errorf("codes: %v", seen)
	}
	x.send([]byte("\x01\x00\x00\x00\x7F\x00\x00\x00\x00"))
	x.ended()
}

func testNamesAgain(t *testing.T, network string) { // [BUSRT-H11]
	t.Helper()
	b := serve(t, network, engine.Options{}, Options{Loops: 2})
	for range 50 {
		for _, name := range []string{"bench.1", "bench.2"} {
			c := connect(t, b.at, name)
			c.alive(name)
			check(t, c.Close())
		}
	}
}

func testAllSections(t *testing.T, network string) {
	t.Helper()
	b := serve(t, network, engine.Options{Timeout: time.Second}, Options{})
	x := connect(t, b.at, "x") // 2
	x.subscribe(".broker/info")
	y := connect(t, b.at, "y")
	if d := x.next(); string(d.Topic) != ".broker/info" { // 9 [BUSRT-A1]
		t.Errorf("got %v %q, want the announcement of y", d.Kind, d.Topic)
	}
	x.bytes(0, 0, 0, 0, 0, 0)                                                                                             // 6 [BUSRT-B1]
	x.send(codec.AppendFrame(nil, 1, codec.OpMessage, codec.QoSProcessed, "y", codec.AppendRPCRequest(nil, 9, "m", nil))) // 3
	x.acked(1, codec.OK)                                                                                                  // 5
	y.got(codec.KindMessage, "x", "", "\x01\x09\x00\x00\x00m\x00")                                                        // 4
	y.send(codec.AppendFrame(nil, 2, codec.OpMessage, codec.QoSProcessed, "x", codec.AppendRPCReply(nil, 9, nil)))        // 7
	y.acked(2, codec.OK)
	x.got(codec.KindMessage, "y", "", "\x11\x09\x00\x00\x00")
	if got := x.call("test", ""); string(got.Data) != "\x81\xA2ok\xC3" { // 8
		t.Errorf("test: % X", got.Data)
	}
}
