package codec_test

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/allocbound"
	"github.com/busrt-go/busrt/internal/wiretest"
)

// checkAgain holds Again against Next, for what follows the frame f that Next has
// read. It tells whether b begins with another such frame.
func checkAgain(t *testing.T, d codec.Decoder, b []byte, f codec.Frame) bool {
	t.Helper()
	var next codec.Frame
	want, _, err := d.Next(b, &next)
	if err != nil || next.Op != f.Op || next.QoS != f.QoS || !bytes.Equal(next.Target, f.Target) {
		want, next = 0, codec.Frame{}
	}
	before := f
	n, payload := d.Again(b, &f)
	if n != want || !bytes.Equal(payload, next.Payload) || cap(payload) != len(payload) {
		t.Fatalf("behind %+v\n% X:\ntook %d bytes with payload %q of %d, want %d with %q",
			f, b, n, payload, cap(payload), want, next.Payload)
	}
	if !sameFrame(f, before) {
		t.Fatalf("%+v became %+v", before, f)
	}
	return n > 0
}

func hasTarget(f codec.Frame) bool {
	return f.Op == codec.OpMessage || f.Op == codec.OpBroadcast || f.Op == codec.OpPublish
}

// FuzzAgain reads a frame, and what follows it with Again and with Next.
func FuzzAgain(f *testing.F) {
	for i, c := range wiretest.Frames {
		next := wiretest.Frames[(i+1)%len(wiretest.Frames)].Wire
		f.Add(c.Wire, slices.Concat(c.Wire, next), uint32(0))
		f.Add(c.Wire, c.Wire[:len(c.Wire)-1], uint32(0))
		f.Add(c.Wire, next, uint32(8))
	}
	f.Fuzz(func(t *testing.T, first, b []byte, maxBody uint32) {
		d := codec.Decoder{MaxBody: int(maxBody & math.MaxInt32)}
		var frame codec.Frame
		n, _, err := d.Next(first, &frame)
		if n == 0 || err != nil || !hasTarget(frame) {
			return
		}
		checkAgain(t, d, b, frame)
		checkAgain(t, d, first[n:], frame)
		again := slices.Clone(first[:n])
		again[0]++ // its id
		if !checkAgain(t, d, append(again, b...), frame) {
			t.Fatalf("%+v is not the same again", frame)
		}
		allocbound.Check(t, len(b), func() { d.Again(b, &frame) })
	})
}

// Where a frame does not repeat the one before by a hair [BUSRT-F4] [BUSRT-F8].
func TestAgain(t *testing.T) {
	const limit = 20
	frame := func(op codec.Op, q codec.QoS, target, payload string) []byte {
		return codec.AppendFrame(nil, 7, op, q, target, []byte(payload))
	}
	plain := func(target, payload string) []byte { return frame(codec.OpMessage, codec.QoSNo, target, payload) }
	shorter := func(b []byte, n int) []byte { // announces n bytes less
		b[5] -= byte(n)
		return b[:len(b)-n]
	}
	whole := plain("alice", "payload")
	for _, tt := range []struct {
		name   string
		target string // of the frame before, a message
		b      []byte
		want   bool
	}{
		{"the same", "alice", whole, true},
		{"more behind it", "alice", append(slices.Clone(whole), whole...), true},
		{"no payload", "alice", plain("alice", ""), true},
		{"payload of NULs", "alice", plain("alice", "\x00\x00"), true},
		{"payload that is no text", "alice", plain("alice", "\xFF"), true},
		{"unicode", "жук/世界", plain("жук/世界", "p"), true},
		{"empty target", "", plain("", "p"), true},
		{"empty target, no payload", "", plain("", ""), true},
		{"longest body", "alice", plain("alice", strings.Repeat("x", limit-6)), true},
		{"body too long by one", "alice", plain("alice", strings.Repeat("x", limit-5)), false},
		{"body cut by one byte", "alice", whole[:len(whole)-1], false},
		{"header only", "alice", whole[:codec.FrameHeaderLen], false},
		{"header cut", "alice", whole[:codec.FrameHeaderLen-1], false},
		{"header cut, empty target", "", plain("", "")[:codec.FrameHeaderLen-1], false},
		{"nothing", "alice", nil, false},
		{"target longer", "alice", plain("alice2", "p"), false},
		{"target shorter", "alice", plain("alic", "payload"), false},
		{"target goes on in the payload", "alice", plain("alic", "e\x00p"), false},
		{"target differs at its end", "alice", plain("alicf", "p"), false},
		{"target differs at its begin", "alice", plain("blice", "p"), false},
		{"an empty one before", "", plain("alice", "p"), false},
		{"empty", "alice", plain("", "payload"), false},
		{"no NUL", "alice", shorter(plain("alice", ""), 1), false},
		{"no NUL in the body, one behind it", "alice", append(shorter(plain("alice", ""), 1), 0, 0), false},
		{"body shorter than the target", "alice", append(shorter(plain("alice", ""), 3), "ce\x00"...), false},
		{"no body", "", append(shorter(plain("", ""), 1), 0), false},
		{"NUL in place of the last letter", "alice", plain("alic\x00", "p"), false},
		{"with ack", "alice", frame(codec.OpMessage, codec.QoSProcessed, "alice", "p"), false},
		{"realtime", "alice", frame(codec.OpMessage, codec.QoSRealtime, "alice", "p"), false},
		{"broadcast", "alice", frame(codec.OpBroadcast, codec.QoSNo, "alice", "p"), false},
		{"publish", "alice", frame(codec.OpPublish, codec.QoSNo, "alice", "p"), false},
		{"subscription", "alice", frame(codec.OpSubscribe, codec.QoSNo, "alice", "p"), false},
		{"ping", "alice", codec.AppendPing(nil), false},
		{"no operation", "alice", frame(0x3F, codec.QoSNo, "alice", "p"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := codec.Frame{Op: codec.OpMessage, Target: []byte(tt.target), BodyLen: 99, Payload: []byte("old payload")}
			if got := checkAgain(t, codec.Decoder{MaxBody: limit}, tt.b, f); got != tt.want {
				t.Errorf("again: %t, want %t", got, tt.want)
			}
		})
	}
}

// The limit is that of Next where none is set [BUSRT-F8].
func TestAgainDefaultLimit(t *testing.T) {
	f := codec.Frame{Op: codec.OpPublish, QoS: codec.QoSRealtime, Target: []byte("t")}
	payload := make([]byte, codec.DefaultMaxBody)
	for over, want := range []bool{true, false} {
		b := codec.AppendFrame(nil, 1, f.Op, f.QoS, "t", payload[:codec.DefaultMaxBody-len("t\x00")+over])
		if n, _ := new(codec.Decoder).Again(b, &f); (n > 0) != want {
			t.Errorf("%d above the limit: took %d bytes", over, n)
		}
	}
}

// What is no ASCII, or not text, at each place around the steps of eight bytes;
// and what passes is read as it was written [BUSRT-F3] [BUSRT-F4].
func TestCheckText(t *testing.T) {
	for _, tt := range []struct {
		name, part string
		want       error
	}{
		{"nothing", "", nil},
		{"ASCII to its last", "\x01\x7F", nil},
		{"two bytes", "\u0080ж", nil},
		{"three bytes", "世", nil},
		{"four bytes", "\U0010FFFF", nil},
		{"NUL", "\x00", codec.ErrNUL},
		{"NUL before the least letter", "\x00\x01", codec.ErrNUL},
		{"NUL behind the highest", "\x7F\x00", codec.ErrNUL},
		{"NUL behind a character", "ж\x00", codec.ErrNUL},
		{"NUL in a character", "\xD0\x00\xB6", codec.ErrNUL},
		{"NUL behind no text", "\xFF\x00", codec.ErrNUL},
		{"no text", "\xFF", codec.NotText},
		{"no begin", "\x80", codec.NotText},
		{"no end", "\xD0", codec.NotText},
		{"surrogate", "\xED\xA0\x80", codec.NotText},
		{"longer than needed", "\xC0\x80", codec.NotText},
	} {
		for at := range 18 {
			for behind := range 10 {
				text := strings.Repeat("a", at) + tt.part + strings.Repeat("z", behind)
				if err := codec.CheckText(text); err != tt.want { //nolint:errorlint // never wrapped
					t.Errorf("%s at %d of %q: %v, want %v", tt.name, at, text, err, tt.want)
				}
				if tt.want != nil {
					continue
				}
				var f codec.Frame
				b := codec.AppendFrame(nil, 1, codec.OpMessage, codec.QoSNo, text, []byte("\x00\x01\xFF"))
				if _, _, err := new(codec.Decoder).Next(b, &f); err != nil || string(f.Target) != text || len(f.Payload) != 3 {
					t.Errorf("%s at %d of %q: read %q, %v", tt.name, at, text, f.Target, err)
				}
			}
		}
	}
}

// checkReceivedAgain holds Received.Again against NextDelivery, for what follows the
// frame r. It tells whether b begins with another such frame.
func checkReceivedAgain(t *testing.T, b []byte, r codec.Received, maxBody int) bool {
	t.Helper()
	var d codec.Delivery
	want, _, err := codec.NextDelivery(b, maxBody, &d)
	if err != nil || d.Kind != r.Kind || d.Realtime != r.Realtime || string(d.Sender) != r.Sender || string(d.Topic) != r.Topic {
		want, d = 0, codec.Delivery{}
	}
	n, payload := r.Again(b, maxBody)
	if n != want || !bytes.Equal(payload, d.Payload) || cap(payload) != len(payload) {
		t.Fatalf("behind %+v\n% X:\ntook %d bytes with payload %q of %d, want %d with %q",
			r, b, n, payload, cap(payload), want, d.Payload)
	}
	return n > 0
}

// FuzzReceivedAgain reads a delivery, and what follows it with Again and with
// NextDelivery.
func FuzzReceivedAgain(f *testing.F) {
	for i, c := range wiretest.Deliveries {
		next := wiretest.Deliveries[(i+1)%len(wiretest.Deliveries)].Wire
		f.Add(c.Wire, slices.Concat(c.Wire, next), uint32(100))
		f.Add(c.Wire, c.Wire[:max(0, len(c.Wire)-1)], uint32(100))
		f.Add(c.Wire, next, uint32(8))
	}
	f.Fuzz(func(t *testing.T, first, b []byte, maxBody uint32) {
		limit := int(maxBody & math.MaxInt32)
		var d codec.Delivery
		n, _, err := codec.NextDelivery(first, limit, &d)
		if n == 0 || err != nil || d.Kind == codec.KindAck || d.Kind == codec.KindNop {
			return
		}
		var r codec.Received
		d.ReceivedInto(&r)
		checkReceivedAgain(t, b, r, limit)
		checkReceivedAgain(t, first[n:], r, limit)
		if !checkReceivedAgain(t, append(slices.Clone(first[:n]), b...), r, limit) {
			t.Fatalf("%+v is not the same again", r)
		}
		allocbound.Check(t, len(b), func() { r.Again(b, limit) })
	})
}

// Where a delivery does not repeat the one before by a hair.
func TestReceivedAgain(t *testing.T) {
	const limit = 20
	delivery := func(k codec.Kind, realtime bool, sender, topic, payload string) []byte {
		return codec.AppendDelivery(nil, k, realtime, sender, []byte(topic), []byte(payload))
	}
	message := codec.Received{Kind: codec.KindMessage, Sender: "alice", Payload: []byte("old")}
	publish := codec.Received{Kind: codec.KindPublish, Realtime: true, Sender: "al", Topic: "t/u"}
	whole := delivery(codec.KindMessage, false, "alice", "", "payload")
	published := delivery(codec.KindPublish, true, "al", "t/u", "payload")
	shorter := func(b []byte, n int) []byte { // announces n bytes less
		b = slices.Clone(b)
		b[1] -= byte(n)
		return b
	}
	for _, tt := range []struct {
		name string
		r    codec.Received // the frame before
		b    []byte
		want bool
	}{
		{"the same", message, whole, true},
		{"the same publish", publish, published, true},
		{"realtime in another way", publish, append(append(slices.Clone(published[:5]), 7), published[6:]...), true},
		{"no payload", message, delivery(codec.KindMessage, false, "alice", "", ""), true},
		{"longest body", message, delivery(codec.KindMessage, false, "alice", "", strings.Repeat("x", limit-6)), true},
		{"body too long by one", message, delivery(codec.KindMessage, false, "alice", "", strings.Repeat("x", limit-5)), false},
		{"body cut by one byte", message, whole[:len(whole)-1], false},
		{"header only", message, whole[:codec.DeliveryHeaderLen], false},
		{"header cut", message, whole[:codec.DeliveryHeaderLen-1], false},
		{"nothing", message, nil, false},
		{"sender longer", message, delivery(codec.KindMessage, false, "alice2", "", "p"), false},
		{"sender shorter", message, delivery(codec.KindMessage, false, "alic", "", "e\x00p"), false},
		{"sender differs", message, delivery(codec.KindMessage, false, "alicf", "", "p"), false},
		{"realtime", message, delivery(codec.KindMessage, true, "alice", "", "p"), false},
		{"broadcast", message, delivery(codec.KindBroadcast, false, "alice", "", "p"), false},
		{"topic longer", publish, delivery(codec.KindPublish, true, "al", "t/u/v", "p"), false},
		{"topic shorter", publish, delivery(codec.KindPublish, true, "al", "t/", "u\x00p"), false},
		{"no NUL in the body, one behind it", message, shorter(whole, len("payload")+1), false},
		{"no second NUL in the body", publish, shorter(published, len("payload")+1), false},
		{"topic behind the body", publish, shorter(published, len("t/u\x00payload")), false},
		{"ack", message, codec.AppendAck(nil, 1, codec.OK), false},
		{"NOP", message, codec.AppendNop(nil), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := checkReceivedAgain(t, tt.b, tt.r, limit); got != tt.want {
				t.Errorf("again: %t, want %t", got, tt.want)
			}
		})
	}
	if n, _ := new(codec.Received).Again([]byte{0, 2, 0, 0, 0, 0, 0, 'x'}, limit); n != 0 {
		t.Errorf("a NOP, whose length is ignored, is like nothing before it: took %d bytes", n)
	}
}
