package codec

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unsafe"
)

// Received is a message, broadcast or publish as an application receives it.
// Whoever hands one out says whether its strings and its payload are views, and
// of what; [Received.Clone] makes one that is safe to keep.
type Received struct {
	Kind     Kind // KindMessage, KindBroadcast or KindPublish
	Realtime bool
	Sender   string // a full name [BUSRT-B5]
	Topic    string // publishes only
	Payload  []byte
}

// ReceivedInto gives d as an application sees it: strings and payload are views of
// the bytes that d was read from, and die with them.
func (d *Delivery) ReceivedInto(r *Received) {
	// field by field, like NextDelivery: 8 ns less than a composite literal
	r.Kind, r.Realtime = d.Kind, d.Realtime
	r.Sender = unsafe.String(unsafe.SliceData(d.Sender), len(d.Sender))
	r.Topic = unsafe.String(unsafe.SliceData(d.Topic), len(d.Topic))
	r.Payload = d.Payload
}

// Again reads the first delivery of b, if it is whole and differs from r in nothing
// but its payload. Else n is 0, and [NextDelivery] is to be asked, which takes twice
// the time. Nothing is like the zero value. The longest body that is accepted is
// that of NextDelivery.
func (r *Received) Again(b []byte, maxBody int) (n int, payload []byte) {
	if len(b) < DeliveryHeaderLen || b[0] != byte(r.Kind) || (b[5] != 0) != r.Realtime || r.Kind == KindNop {
		return 0, nil
	}
	body := binary.LittleEndian.Uint32(b[1:])
	if uint64(body) > uint64(maxBody) || uint64(body) > uint64(len(b)-DeliveryHeaderLen) {
		return 0, nil
	}
	n = DeliveryHeaderLen + int(body)
	rest, same := afterText(b[DeliveryHeaderLen:n:n], r.Sender)
	if same && r.Kind == KindPublish {
		rest, same = afterText(rest, r.Topic)
	}
	if !same {
		return 0, nil
	}
	return n, rest
}

// afterText takes text and its NUL off b, if that is what b begins with.
func afterText(b []byte, text string) (rest []byte, ok bool) {
	n := len(text)
	if len(b) <= n || b[n] != 0 || string(b[:n]) != text {
		return nil, false
	}
	return b[n+1:], true
}

// Clone gives a copy of r that shares nothing with it. The texts are copied
// apart from the payload, so that keeping one does not keep the other.
func (r *Received) Clone() Received {
	var texts strings.Builder // unlike +, copies also if one of them is empty
	texts.Grow(len(r.Sender) + len(r.Topic))
	texts.WriteString(r.Sender)
	texts.WriteString(r.Topic)
	c := *r
	c.Sender, c.Topic = texts.String()[:len(r.Sender)], texts.String()[len(r.Sender):]
	c.Payload = bytes.Clone(r.Payload)
	return c
}

// PrimarySender is the name of the sender without a secondary's suffix
// [BUSRT-H6].
func (r *Received) PrimarySender() string { return PrimaryName(r.Sender) }
