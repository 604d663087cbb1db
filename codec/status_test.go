package codec_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

func TestStatus(t *testing.T) {
	tests := []struct {
		status codec.Status
		wire   byte
		text   string
		fatal  bool
		rpc    int16 // [BUSRT-R5]
	}{
		{codec.OK, 0x01, "ok", false, -32001},
		{codec.NotRegistered, 0x71, "not registered", false, -32113},
		{codec.Data, 0x72, "data error", true, -32114},
		{codec.IO, 0x73, "I/O error", true, -32115},
		{codec.Other, 0x74, "other error", false, -32116},
		{codec.NotSupported, 0x75, "not supported", true, -32117},
		{codec.Busy, 0x76, "busy", true, -32118},
		{codec.NotDelivered, 0x77, "not delivered", false, -32119},
		{codec.Timeout, 0x78, "timeout", false, -32120},
		{codec.AccessDenied, 0x79, "access denied", false, -32121},
		{codec.Status(0xF0), 0xF0, "status F0h", false, -32240},
	}
	for _, c := range tests {
		if byte(c.status) != c.wire || c.status.String() != c.text || c.status.Error() != "busrt: "+c.text {
			t.Errorf("%02X: %q, %q, want %02X %q", byte(c.status), c.status.String(), c.status.Error(), c.wire, c.text)
		}
		if c.status.Fatal() != c.fatal || c.status.RPCCode() != c.rpc {
			t.Errorf("%v: fatal %v, RPC %d, want %v, %d", c.status, c.status.Fatal(), c.status.RPCCode(), c.fatal, c.rpc)
		}
	}
}

func TestStatusErr(t *testing.T) {
	if err := codec.OK.Err(); err != nil {
		t.Errorf("OK is the error %v", err)
	}
	if err := fmt.Errorf("send: %w", codec.Busy.Err()); !errors.Is(err, codec.Busy) || errors.Is(err, codec.Timeout) {
		t.Errorf("%v is not Busy, or is Timeout", err)
	}
}

// TestNames covers the words of all codes, known or not.
func TestNames(t *testing.T) {
	for got, want := range map[fmt.Stringer]string{
		codec.OpNop: "nop", codec.OpPublish: "publish", codec.OpSubscribe: "subscribe", codec.OpUnsubscribe: "unsubscribe",
		codec.OpExclude: "exclude", codec.OpUnexclude: "unexclude", codec.OpPublishFor: "publish_for",
		codec.OpMessage: "message", codec.OpBroadcast: "broadcast", codec.Op(0x3F): "op 3Fh",
		codec.KindNop: "nop", codec.KindPublish: "publish", codec.KindMessage: "message", codec.KindBroadcast: "broadcast",
		codec.KindAck: "ack", codec.Kind(2): "kind 02h",
		codec.BadOp: "unknown operation", codec.BadKind: "unknown kind of frame", codec.TooLong: "frame too long",
		codec.NoTarget: "frame without a target", codec.NotText: "text in a frame is not UTF-8",
		codec.FrameError(0): "frame error 00h",
	} {
		if got.String() != want {
			t.Errorf("%#v is %q, want %q", got, got.String(), want)
		}
	}
	if got := codec.TooLong.Error(); got != "busrt: frame too long" {
		t.Error(got)
	}
}

func TestQoS(t *testing.T) {
	for _, c := range []struct {
		q             codec.QoS
		bits          byte
		ack, realtime bool
	}{
		{codec.QoSNo, 0, false, false},
		{codec.QoSProcessed, 1, true, false},
		{codec.QoSRealtime, 2, false, true},
		{codec.QoSRealtimeProcessed, 3, true, true},
	} {
		if byte(c.q) != c.bits || c.q.NeedsAck() != c.ack || c.q.Realtime() != c.realtime {
			t.Errorf("%d: ack %v, realtime %v", c.q, c.q.NeedsAck(), c.q.Realtime())
		}
	}
}
