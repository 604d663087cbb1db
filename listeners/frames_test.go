package listeners

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// frameGap is the longest pause inside a frame that clients bear.
const frameGap = time.Second

// testFramesAreWhole: a sender stops in the middle of a long frame. Its receiver
// gets no byte of it, others' frames go on; once the rest is there, the frame
// comes without a gap, also to a receiver that takes a little at a time
// [BUSRT-B8].
func testFramesAreWhole(t *testing.T, network string) {
	t.Helper()
	b := serve(t, network, engine.Options{}, Options{Loops: 2})
	slow, other, y := connect(t, b.at, "slow"), connect(t, b.at, "other"), connect(t, b.at, "y")
	payload := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	frame := codec.AppendFrame(nil, 1, codec.OpMessage, codec.QoSProcessed, "y", payload)
	half := len(frame) / 2
	slow.send(frame[:half])
	for range 10 {
		other.message("y", "meanwhile")
		y.got(codec.KindMessage, "other", "", "meanwhile")
	}
	slow.send(frame[half:])
	slow.acked(1, codec.OK)

	want := codec.AppendDelivery(nil, codec.KindMessage, false, "slow", nil, payload)
	if got := y.steadily(len(want)); !bytes.Equal(got, want) {
		t.Errorf("got %d bytes, % X…", len(got), got[:32])
	}
}

// steadily reads n bytes, a little at a time, which must not take long each.
func (c *client) steadily(n int) []byte {
	c.t.Helper()
	b := make([]byte, n)
	for i := 0; i < n; i += 4096 {
		check(c.t, c.SetReadDeadline(time.Now().Add(frameGap)))
		if _, err := io.ReadFull(c.r, b[i:min(i+4096, n)]); err != nil {
			c.t.Fatalf("after %d bytes of a frame of %d: %v", i, n, err)
		}
	}
	check(c.t, c.SetDeadline(time.Now().Add(patience)))
	return b
}

func TestFramesAreWhole(t *testing.T) { overNetworks(t, testFramesAreWhole) }

// The emptiest frames there are, of every kind: each has a body, which begins
// with its sender; NOPs and acks have none [BUSRT-B9].
func TestEmptyFramesHaveBodies(t *testing.T) {
	overNetworks(t, func(t *testing.T, network string) {
		b := serve(t, network, engine.Options{}, Options{})
		y, x := connect(t, b.at, "y"), connect(t, b.at, "x")
		y.subscribe("", ".broker/info")
		for _, f := range [][]byte{
			codec.AppendFrame(nil, 0, codec.OpMessage, codec.QoSNo, "y", nil),
			codec.AppendFrame(nil, 0, codec.OpBroadcast, codec.QoSNo, "y", nil),
			codec.AppendFrame(nil, 0, codec.OpPublish, codec.QoSNo, "", nil),
			codec.AppendPublishFor(nil, 0, codec.QoSNo, "", "y", nil),
			codec.AppendFrame(nil, 0, codec.OpPublish, codec.QoSRealtime, "", nil),
			codec.AppendFrame(nil, 0, codec.OpBroadcast, codec.QoSNo, "*", nil),
		} {
			x.send(f)
		}
		y.bytes([]byte("\x12\x02\x00\x00\x00\x00x\x00" + "\x13\x02\x00\x00\x00\x00x\x00" + "\x01\x03\x00\x00\x00\x00x\x00\x00" +
			"\x01\x03\x00\x00\x00\x00x\x00\x00" + "\x01\x03\x00\x00\x00\x01x\x00\x00" + "\x13\x02\x00\x00\x00\x00x\x00")...)
		y.message(".broker", string(codec.AppendRPCRequest(nil, 7, "benchmark.test", nil)))
		y.bytes([]byte("\x12\x0D\x00\x00\x00\x00.broker\x00\x11\x07\x00\x00\x00")...)
		y.send(codec.AppendTopics(nil, 8, codec.OpUnsubscribe, codec.QoSProcessed))
		y.bytes([]byte("\xFE\x08\x00\x00\x00\x01")...)
	})
}

// What benchmark.test is sent comes back [BUSRT-C5].
func TestBenchmarkTest(t *testing.T) {
	overNetworks(t, func(t *testing.T, network string) {
		b := serve(t, network, engine.Options{}, Options{})
		x := connect(t, b.at, "x")
		for _, params := range []string{"", "\x00", "\xC1\xFF\x00any", string(make([]byte, 1<<20))} {
			if got := x.call("benchmark.test", params); got.Kind != codec.RPCReply || string(got.Data) != params {
				t.Errorf("%d bytes: kind %d, % .20X", len(params), got.Kind, got.Data)
			}
		}
	})
}

// overNetworks runs a test over each transport.
func overNetworks(t *testing.T, test func(t *testing.T, network string)) {
	t.Helper()
	for _, network := range networks {
		t.Run(network, func(t *testing.T) { test(t, network) })
	}
}
