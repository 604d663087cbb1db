package codec_test

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/wiretest"
)

func TestAppendFrames(t *testing.T) {
	for _, c := range wiretest.Frames {
		if !c.Encodable() {
			continue
		}
		t.Run(c.Name+" "+c.Rule, func(t *testing.T) {
			got := appendFrame([]byte("before"), c.Want, c.Topics)
			if want := append([]byte("before"), c.Wire...); !bytes.Equal(got, want) {
				t.Errorf("got  % X\nwant % X", got, want)
			}
		})
	}
}

// [BUSRT-F3]
func TestAppendNoTopics(t *testing.T) {
	got := codec.AppendTopics(nil, 1, codec.OpSubscribe, codec.QoSNo)
	if want := codec.AppendTopics(nil, 1, codec.OpSubscribe, codec.QoSNo, ""); !bytes.Equal(got, want) {
		t.Errorf("no topics % X, an empty topic % X", got, want)
	}
}

// appendFrame encodes a frame with whatever function it takes.
func appendFrame(dst []byte, f codec.Frame, topics []string) []byte {
	switch f.Op {
	case codec.OpNop:
		return codec.AppendPing(dst)
	case codec.OpSubscribe, codec.OpUnsubscribe, codec.OpExclude, codec.OpUnexclude:
		return codec.AppendTopics(dst, f.ID, f.Op, f.QoS, topics...)
	case codec.OpPublishFor:
		return codec.AppendPublishFor(dst, f.ID, f.QoS, string(f.Target), string(f.Receiver), f.Payload)
	default:
		return codec.AppendFrame(dst, f.ID, f.Op, f.QoS, string(f.Target), f.Payload)
	}
}

// anyText is UTF-8 of all lengths around the eight bytes that are looked at in
// one step, without NUL.
var anyText = rapid.Custom(func(t *rapid.T) string {
	ascii := rapid.StringMatching(`[\x01-\x7F]{0,20}`)
	mixed := rapid.StringMatching(`[a-zé温😀]{0,12}`)
	return rapid.OneOf(ascii, mixed).Draw(t, "text")
})

// TestFrameRoundTrip encodes any frame, puts any bytes behind it, and decodes.
func TestFrameRoundTrip(t *testing.T) {
	ops := []codec.Op{
		codec.OpPublish, codec.OpSubscribe, codec.OpUnsubscribe, codec.OpExclude, codec.OpUnexclude,
		codec.OpPublishFor, codec.OpMessage, codec.OpBroadcast,
	}
	rapid.Check(t, func(t *rapid.T) {
		want := codec.Frame{
			ID:  rapid.Uint32().Draw(t, "id"),
			Op:  rapid.SampledFrom(ops).Draw(t, "op"),
			QoS: codec.QoS(rapid.IntRange(0, 3).Draw(t, "qos")),
		}
		topics := rapid.SliceOfN(anyText, 1, 5).Draw(t, "topics")
		payload := rapid.SliceOf(rapid.Byte()).Draw(t, "payload")
		switch want.Op {
		case codec.OpSubscribe, codec.OpUnsubscribe, codec.OpExclude, codec.OpUnexclude:
		default:
			want.Target, want.Payload = []byte(topics[0]), payload
			if want.Op == codec.OpPublishFor {
				want.Receiver = []byte(topics[len(topics)-1])
			}
		}
		wire := appendFrame(nil, want, topics)
		want.BodyLen = len(wire) - codec.FrameHeaderLen

		var (
			d   codec.Decoder
			got codec.Frame
		)
		n, _, err := d.Next(append(wire, payload...), &got)
		if n != len(wire) || err != nil {
			t.Fatalf("took %d of %d bytes, %v", n, len(wire), err)
		}
		if want.Target == nil { // a list of topics
			back := collect(codec.Topics(got.Payload))
			if !slices.Equal(back, topics) {
				t.Fatalf("topics %q, want %q", back, topics)
			}
			want.Payload = got.Payload
		}
		if !sameFrame(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}
