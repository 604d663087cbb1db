package codec_test

import (
	"bytes"
	"errors"
	"math"
	"testing"
	"unicode/utf8"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/wiretest"
)

// usedFrame has something in all of its fields, of which nothing may be left in
// the next one.
var usedFrame = codec.Frame{
	ID: 99, Op: codec.OpPublishFor, QoS: codec.QoSRealtime, BodyLen: 99,
	Target: []byte("old target"), Receiver: []byte("old receiver"), Payload: []byte("old payload"),
}

func TestDecoder(t *testing.T) {
	for _, c := range wiretest.Frames {
		t.Run(c.Name+" "+c.Rule, func(t *testing.T) {
			var d codec.Decoder
			f := usedFrame
			input := append(bytes.Clone(c.Wire), "the next frame"...)
			n, _, err := d.Next(input, &f)
			if fault(err) != c.Fault {
				t.Fatalf("error %v, want %v", err, c.Fault)
			}
			if c.Fault != 0 {
				if n != 0 {
					t.Errorf("took %d bytes of a faulty frame", n)
				}
				return
			}
			if n != len(c.Wire) {
				t.Errorf("took %d bytes, want %d", n, len(c.Wire))
			}
			if !sameFrame(f, c.Want) {
				t.Errorf("got  %+v\nwant %+v", f, c.Want)
			}
		})
	}
}

// TestDecoderSplit gives frames to the decoder byte for byte, as a network may:
// it says how much it needs and does not touch the frame, nor find a fault too
// early or too late [BUSRT-F6] [BUSRT-F8].
func TestDecoderSplit(t *testing.T) {
	for _, c := range wiretest.Frames {
		t.Run(c.Name+" "+c.Rule, func(t *testing.T) {
			known := len(c.Wire) // bytes after which the fault is known
			if c.Fault == codec.BadOp || c.Fault == codec.TooLong {
				known = codec.FrameHeaderLen
			}
			before := usedFrame
			for i := range known {
				var d codec.Decoder
				f := before
				n, need, err := d.Next(c.Wire[:i:i], &f)
				want := codec.FrameHeaderLen
				if i >= codec.FrameHeaderLen {
					want = len(c.Wire)
				}
				if n != 0 || need != want || err != nil {
					t.Errorf("after %d bytes: n %d, need %d, %v; want need %d", i, n, need, err, want)
				}
				if !sameFrame(f, before) {
					t.Errorf("after %d bytes the frame is %+v", i, f)
				}
			}
			if c.Fault != 0 {
				var d codec.Decoder
				f := before
				if _, _, err := d.Next(c.Wire[:known], &f); fault(err) != c.Fault || !sameFrame(f, before) {
					t.Errorf("after %d bytes: %v and %+v, want %v", known, err, f, c.Fault)
				}
			}
		})
	}
}

// TestDecoderStream decodes all good frames out of one buffer.
func TestDecoderStream(t *testing.T) {
	var (
		d      codec.Decoder
		f      codec.Frame
		stream []byte
		want   []codec.Frame
	)
	for _, c := range wiretest.Frames {
		if c.Fault == 0 {
			stream = append(stream, c.Wire...)
			want = append(want, c.Want)
		}
	}
	for i := range want {
		n, _, err := d.Next(stream, &f)
		if err != nil || n == 0 {
			t.Fatalf("frame %d: n %d, %v", i, n, err)
		}
		if !sameFrame(f, want[i]) {
			t.Errorf("frame %d: got %+v, want %+v", i, f, want[i])
		}
		stream = stream[n:]
	}
	if len(stream) != 0 {
		t.Errorf("%d bytes are left", len(stream))
	}
}

// [BUSRT-F8]
func TestDecoderLimit(t *testing.T) {
	tests := []struct {
		name      string
		max, body int64
		want      codec.FrameError
	}{
		{"default, at the limit", 0, 16 << 20, 0},
		{"default, above", 0, 16<<20 + 1, codec.TooLong},
		{"lower, at the limit", 10, 10, 0},
		{"lower, above", 10, 11, codec.TooLong},
		{"as high as it goes", 1<<32 - 1, 1<<32 - 1, 0},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			if c.max > math.MaxInt {
				t.Skip("int has 32 bits")
			}
			d := codec.Decoder{MaxBody: int(c.max)}
			head := []byte{1, 0, 0, 0, byte(codec.OpMessage), byte(c.body), byte(c.body >> 8), byte(c.body >> 16), byte(c.body >> 24)}
			n, need, err := d.Next(head, new(codec.Frame))
			if n != 0 || fault(err) != c.want {
				t.Fatalf("n %d, %v, want %v", n, err, c.want)
			}
			if c.want == 0 && need != codec.FrameHeaderLen+int(c.body) {
				t.Errorf("need %d, want %d", need, codec.FrameHeaderLen+c.body)
			}
		})
	}
}

// TestViewsEndWithTheirBytes appends to all that was decoded: the bytes behind
// must not change.
func TestViewsEndWithTheirBytes(t *testing.T) {
	var (
		d   codec.Decoder
		f   codec.Frame
		del codec.Delivery
	)
	input := append(codec.AppendPublishFor(nil, 1, codec.QoSNo, "topic", "receiver", []byte("payload")), "behind"...)
	want := bytes.Clone(input)
	if _, _, err := d.Next(input, &f); err != nil {
		t.Fatal(err)
	}
	for _, view := range [][]byte{f.Target, f.Receiver, f.Payload} {
		_ = append(view, "scribble"...)
	}
	if !bytes.Equal(input, want) {
		t.Errorf("frame: %q, want %q", input, want)
	}

	input = append(codec.AppendDelivery(nil, codec.KindPublish, false, "sender", []byte("topic"), []byte("payload")), "behind"...)
	want = bytes.Clone(input)
	if _, _, err := codec.NextDelivery(input, wiretest.MaxBody, &del); err != nil {
		t.Fatal(err)
	}
	for _, view := range [][]byte{del.Sender, del.Topic, del.Payload} {
		_ = append(view, "scribble"...)
	}
	if !bytes.Equal(input, want) {
		t.Errorf("delivery: %q, want %q", input, want)
	}
}

// naiveFrame is Decoder.Next for a whole buffer, too simple to be wrong. It
// gives the frame's length, 0 if it is not whole.
func naiveFrame(b []byte, maxBody uint64) (f codec.Frame, n int, err codec.FrameError) {
	if len(b) < 9 {
		return f, 0, 0
	}
	f.ID = uint32(b[0]) + uint32(b[1])<<8 + uint32(b[2])<<16 + uint32(b[3])<<24
	f.Op, f.QoS = codec.Op(b[4]%64), codec.QoS(b[4]/64)
	if b[4] == 0 {
		return f, 9, 0
	}
	if bytes.IndexByte([]byte{0, 1, 2, 3, 4, 5, 6, 0x12, 0x13}, byte(f.Op)) < 0 {
		return f, 0, codec.BadOp
	}
	length := uint64(b[5]) + uint64(b[6])<<8 + uint64(b[7])<<16 + uint64(b[8])<<24
	if length > maxBody {
		return f, 0, codec.TooLong
	}
	if uint64(len(b)-9) < length {
		return f, 0, 0
	}
	body := b[9 : 9+length]
	f.BodyLen = len(body)
	if f.Op >= codec.OpSubscribe && f.Op <= codec.OpUnexclude {
		f.Payload = body
		for topic := range bytes.SplitSeq(body, []byte{0}) {
			if !utf8.Valid(topic) {
				return f, 0, codec.NotText
			}
		}
		return f, 9 + len(body), 0
	}
	texts := []*[]byte{&f.Target}
	if f.Op == codec.OpPublishFor {
		texts = append(texts, &f.Receiver)
	}
	for _, text := range texts {
		var found bool
		if *text, body, found = bytes.Cut(body, []byte{0}); !found {
			return f, 0, codec.NoTarget
		}
		if !utf8.Valid(*text) {
			return f, 0, codec.NotText
		}
	}
	f.Payload = body
	return f, 9 + f.BodyLen, 0
}

func sameFrame(a, b codec.Frame) bool {
	return a.ID == b.ID && a.Op == b.Op && a.QoS == b.QoS && a.BodyLen == b.BodyLen &&
		bytes.Equal(a.Target, b.Target) && bytes.Equal(a.Receiver, b.Receiver) && bytes.Equal(a.Payload, b.Payload)
}

// fault is the FrameError in err, 0 if there is none.
func fault(err error) codec.FrameError {
	e, _ := errors.AsType[codec.FrameError](err)
	return e
}
