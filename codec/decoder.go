package codec

import (
	"encoding/binary"
	"unicode/utf8"
)

// DefaultMaxBody is the limit of a frame's body unless another is set, in
// bytes [BUSRT-F8].
const DefaultMaxBody = 16 << 20

const (
	opMask   = 0x3F // the part of the flags that is the operation
	qosShift = 6    // the rest is the QoS
)

// Decoder reads the frames of clients out of a buffer. It has no state.
type Decoder struct {
	MaxBody int // longest body that is accepted, in bytes; 0 means DefaultMaxBody
}

// Next reads the first frame of b into f.
//
// If the frame is whole, n is how many bytes it took, and f holds views of b.
// Else n is 0, f is left as it was, and need is the length of the whole frame
// as far as it is known: FrameHeaderLen until the header is there, then
// FrameHeaderLen and the announced length of the body. So a need above
// FrameHeaderLen says that only the body is awaited.
//
// err is a [FrameError]: BadOp and TooLong as soon as the header is there
// [BUSRT-F6] [BUSRT-F8], NoTarget and NotText once the frame is. The announced
// length is only ever compared, so memory is not at its mercy.
//
// A frame of operation 0 with QoS bits comes out as an OpNop whose QoS is not
// zero. Its body was checked like a message's and means nothing [BUSRT-F2].
func (d *Decoder) Next(b []byte, f *Frame) (n, need int, err error) {
	if len(b) < FrameHeaderLen {
		return 0, FrameHeaderLen, nil
	}
	id, flags, length := binary.LittleEndian.Uint32(b), b[4], binary.LittleEndian.Uint32(b[5:])
	if flags == 0 { // whatever its length says [BUSRT-F1]
		*f = Frame{ID: id}
		return FrameHeaderLen, FrameHeaderLen, nil
	}
	op := Op(flags & opMask)
	switch {
	case op > OpPublishFor && op != OpMessage && op != OpBroadcast:
		return 0, 0, BadOp
	case d.tooLong(length):
		return 0, 0, TooLong
	}
	need = FrameHeaderLen + int(length)
	if len(b) < need {
		return 0, need, nil
	}
	if err := f.setBody(op, b[FrameHeaderLen:need:need]); err != 0 {
		return 0, 0, err
	}
	f.ID, f.Op, f.QoS, f.BodyLen = id, op, QoS(flags>>qosShift), int(length)
	return need, need, nil
}

// Again reads the first frame of b, if it is whole and differs from f, which Next
// has read, in nothing but its id and payload. Else n is 0, and Next is to be
// asked. f has a target: a message, broadcast or publish.
//
// Clients mostly say the same thing many times. To compare it with the last is
// half the work of taking it apart, and what was found out about the last holds.
func (d *Decoder) Again(b []byte, f *Frame) (n int, payload []byte) {
	body := FrameHeaderLen + len(f.Target) + 1 // where the payload begins
	if len(b) < body || b[4] != byte(f.Op)|byte(f.QoS)<<qosShift {
		return 0, nil
	}
	length := binary.LittleEndian.Uint32(b[5:])
	if d.tooLong(length) {
		return 0, nil
	}
	n = FrameHeaderLen + int(length)
	if n < body || len(b) < n || b[body-1] != 0 || string(b[FrameHeaderLen:body-1]) != string(f.Target) {
		return 0, nil
	}
	return n, b[body:n:n]
}

// tooLong tells whether a body of that length is not accepted [BUSRT-F8].
func (d *Decoder) tooLong(length uint32) bool {
	limit := d.MaxBody
	if limit == 0 {
		limit = DefaultMaxBody
	}
	return uint64(length) > uint64(limit)
}

// setBody takes a body apart. It returns 0 if there is nothing wrong with it;
// else f is as it was.
func (f *Frame) setBody(op Op, body []byte) FrameError {
	if op >= OpSubscribe && op <= OpUnexclude {
		if !utf8.Valid(body) { // NULs do not matter: they are never part of a longer character
			return NotText
		}
		f.Target, f.Receiver, f.Payload = nil, nil, body
		return 0
	}
	target, rest, err := cutText(body)
	var receiver []byte
	if op == OpPublishFor && err == 0 {
		receiver, rest, err = cutText(rest)
	}
	if err != 0 {
		return err
	}
	f.Target, f.Receiver, f.Payload = target, receiver, rest
	return 0
}
