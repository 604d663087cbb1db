package codec_test

import (
	"bytes"
	"slices"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/wiretest"
)

// usedDelivery has something in all of its fields, of which nothing may be left
// in the next one.
var usedDelivery = codec.Delivery{
	Kind: codec.KindPublish, Realtime: true, Code: codec.Busy, ID: 99,
	Sender: []byte("old sender"), Topic: []byte("old topic"), Payload: []byte("old payload"),
}

func TestNextDelivery(t *testing.T) {
	for _, c := range wiretest.Deliveries {
		t.Run(c.Name+" "+c.Rule, func(t *testing.T) {
			d := usedDelivery
			n, _, err := codec.NextDelivery(append(bytes.Clone(c.Wire), "the next one"...), wiretest.MaxBody, &d)
			switch {
			case fault(err) != c.Fault:
				t.Errorf("error %v, want %v", err, c.Fault)
			case c.Fault != 0 && n != 0:
				t.Errorf("took %d bytes of a faulty delivery", n)
			case c.Fault == 0 && n != len(c.Wire):
				t.Errorf("took %d bytes, want %d", n, len(c.Wire))
			case c.Fault == 0 && !sameDelivery(d, c.Want):
				t.Errorf("got  %+v\nwant %+v", d, c.Want)
			}
		})
	}
}

func TestNextDeliverySplit(t *testing.T) {
	for _, c := range wiretest.Deliveries {
		t.Run(c.Name+" "+c.Rule, func(t *testing.T) {
			known := len(c.Wire) // bytes after which the fault is known
			if c.Fault == codec.BadKind || c.Fault == codec.TooLong {
				known = codec.DeliveryHeaderLen
			}
			before := usedDelivery
			for i := range known {
				d := before
				n, need, err := codec.NextDelivery(c.Wire[:i:i], wiretest.MaxBody, &d)
				want := codec.DeliveryHeaderLen
				if i >= codec.DeliveryHeaderLen {
					want = len(c.Wire)
				}
				if n != 0 || need != want || err != nil || !sameDelivery(d, before) {
					t.Errorf("after %d bytes: n %d, need %d, %v, %+v; want need %d", i, n, need, err, d, want)
				}
			}
			d := before
			if _, _, err := codec.NextDelivery(c.Wire[:known], wiretest.MaxBody, &d); fault(err) != c.Fault {
				t.Errorf("after %d bytes: %v, want %v", known, err, c.Fault)
			} else if err != nil && !sameDelivery(d, before) {
				t.Errorf("a faulty delivery left %+v", d)
			}
		})
	}
}

func TestAppendDeliveries(t *testing.T) {
	for _, c := range wiretest.Deliveries {
		if c.Fault != 0 {
			continue
		}
		t.Run(c.Name+" "+c.Rule, func(t *testing.T) {
			got := appendDelivery([]byte("before"), c.Want)
			if want := append([]byte("before"), c.Wire...); !bytes.Equal(got, want) {
				t.Errorf("got  % X\nwant % X", got, want)
			}
		})
	}
}

// TestDeliveryLen holds it against what is appended, and the header against
// both.
func TestDeliveryLen(t *testing.T) {
	for _, c := range wiretest.Deliveries {
		if c.Fault != 0 {
			continue
		}
		if k := c.Want.Kind; k != codec.KindAck && k != codec.KindNop {
			if got := codec.DeliveryLen(k, string(c.Want.Sender), c.Want.Topic, c.Want.Payload); got != len(c.Wire) {
				t.Errorf("%s: length %d, want %d", c.Name, got, len(c.Wire))
			}
		}
		k, body, ok := codec.DeliveryHeader(c.Wire)
		if !ok || k != c.Want.Kind || codec.DeliveryHeaderLen+body != len(c.Wire) {
			t.Errorf("%s: header says %v with %d bytes, %v", c.Name, k, body, ok)
		}
	}
	// what an ack or a topic-less kind does not carry, does not count
	with, without := []byte("a/b"), []byte(nil)
	if a, b := codec.DeliveryLen(codec.KindMessage, "x", with, nil), codec.DeliveryLen(codec.KindMessage, "x", without, nil); a != b {
		t.Errorf("a message is %d long with a topic, %d without", a, b)
	}
}

// One head makes the deliveries that are made without it, behind whatever was
// there and with or without room for them [BUSRT-B3] [BUSRT-B4].
func TestAppendHeaded(t *testing.T) {
	for _, k := range []codec.Kind{codec.KindMessage, codec.KindBroadcast, codec.KindPublish} {
		for _, realtime := range []bool{false, true} {
			for _, texts := range [][2]string{{"alice", "a/b"}, {"", ""}, {"ж%%1", "世"}} {
				sender, topic := texts[0], []byte(texts[1])
				head := codec.AppendDeliveryHead([]byte("used")[:0], k, realtime, sender, topic, 0)
				once := bytes.Clone(head)
				want := []byte("before")
				got := slices.Clone(want)
				roomy := append(make([]byte, 0, 1<<18), want...)
				for _, size := range []int{0, 1, 255, 256, 70_000, 3} {
					payload := bytes.Repeat([]byte{0xFF}, size)
					want = codec.AppendDelivery(want, k, realtime, sender, topic, payload)
					got = codec.AppendHeaded(got, head, payload)
					roomy = codec.AppendHeaded(roomy, head, payload)
				}
				if !bytes.Equal(got, want) || !bytes.Equal(roomy, want) || !bytes.Equal(head, once) {
					t.Errorf("%v, realtime %t, of %q: not what AppendDelivery makes", k, realtime, sender)
				}
			}
		}
	}
}

func TestDeliveryHeaderOfTooLittle(t *testing.T) {
	for i := range codec.DeliveryHeaderLen {
		if k, body, ok := codec.DeliveryHeader(bytes.Repeat([]byte{0x12}, i)); ok {
			t.Errorf("read %v, %d of %d bytes", k, body, i)
		}
	}
}

func TestDeliveryRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := codec.Delivery{
			Kind:     rapid.SampledFrom([]codec.Kind{codec.KindMessage, codec.KindBroadcast, codec.KindPublish}).Draw(t, "kind"),
			Realtime: rapid.Bool().Draw(t, "realtime"),
			Sender:   []byte(anyText.Draw(t, "sender")),
			Payload:  rapid.SliceOf(rapid.Byte()).Draw(t, "payload"),
		}
		topic := []byte(anyText.Draw(t, "topic"))
		if want.Kind == codec.KindPublish {
			want.Topic = topic
		}
		wire := codec.AppendDelivery(nil, want.Kind, want.Realtime, string(want.Sender), topic, want.Payload)
		var got codec.Delivery
		n, _, err := codec.NextDelivery(append(wire, want.Payload...), wiretest.MaxBody, &got)
		if n != len(wire) || err != nil || !sameDelivery(got, want) {
			t.Fatalf("took %d of %d bytes, %v\ngot  %+v\nwant %+v", n, len(wire), err, got, want)
		}
	})
}

// naiveDelivery is NextDelivery, too simple to be wrong.
func naiveDelivery(b []byte, maxBody uint64) (d codec.Delivery, n int, err codec.FrameError) {
	if len(b) < 6 {
		return d, 0, 0
	}
	d.Kind = codec.Kind(b[0])
	number := uint64(b[1]) + uint64(b[2])<<8 + uint64(b[3])<<16 + uint64(b[4])<<24
	switch d.Kind {
	case codec.KindNop:
		return d, 6, 0
	case codec.KindAck:
		d.ID, d.Code = uint32(number), codec.Status(b[5])
		return d, 6, 0
	case codec.KindMessage, codec.KindBroadcast, codec.KindPublish:
	default:
		return d, 0, codec.BadKind
	}
	switch {
	case number > maxBody:
		return d, 0, codec.TooLong
	case uint64(len(b)-6) < number:
		return d, 0, 0
	}
	d.Realtime = b[5] != 0
	d.Payload = b[6 : 6+number]
	texts := []*[]byte{&d.Sender}
	if d.Kind == codec.KindPublish {
		texts = append(texts, &d.Topic)
	}
	for _, text := range texts {
		var found bool
		if *text, d.Payload, found = bytes.Cut(d.Payload, []byte{0}); !found {
			return d, 0, codec.NoTarget
		}
		if !utf8.Valid(*text) {
			return d, 0, codec.NotText
		}
	}
	return d, 6 + int(number), 0
}

func appendDelivery(dst []byte, d codec.Delivery) []byte {
	switch d.Kind {
	case codec.KindNop:
		return codec.AppendNop(dst)
	case codec.KindAck:
		return codec.AppendAck(dst, d.ID, d.Code)
	default:
		return codec.AppendDelivery(dst, d.Kind, d.Realtime, string(d.Sender), d.Topic, d.Payload)
	}
}

func sameDelivery(a, b codec.Delivery) bool {
	return a.Kind == b.Kind && a.Realtime == b.Realtime && a.ID == b.ID && a.Code == b.Code &&
		bytes.Equal(a.Sender, b.Sender) && bytes.Equal(a.Topic, b.Topic) && bytes.Equal(a.Payload, b.Payload)
}
