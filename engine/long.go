package engine

import (
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/ringbuf"
)

// A long frame is not copied on its way. It is received into a segment of its
// own, straight from the socket as far as the transport asks for that place (Room);
// there the head of the delivery takes the place of the head of the frame, and the
// receivers refer to that segment. Per frame of 1 MiB that saves three copies:
// from the loop's buffer, to a larger segment, and to that of the receivers.
//
// A frame that came as a whole in one buffer is copied once, which also frees the buffer.

const (
	// longPayload is from where on a frame that has a segment of its own is not
	// copied, in bytes.
	longPayload = sharedSize
	// leastRoom is from where on what a frame still lacks is worth a read of its
	// own, in bytes: the buffer of a loop takes the frames behind it as well.
	leastRoom = 16 << 10
	// longest is how much room the length of one long frame is a reason to have for
	// the next, in bytes.
	longest = 1<<20 + 512
)

// indent is how much longer the head of a delivery may be than that of the frame:
// of a publish both have the topic and its NUL, of others the frame has more.
func (s *Session) indent() int {
	if s.state != stateLive {
		return 0
	}
	return max(0, codec.DeliveryHeaderLen+len(s.name)+1-codec.FrameHeaderLen)
}

// Room is where the transport may read to, for Filled, instead of into a buffer
// of its own for Received: the place of the rest of a long frame. nil if none is under
// way. Loop only; it is the caller's until the session is asked or told anything else.
func (s *Session) Room() []byte {
	if s.rest == nil || s.paused != 0 || s.state != stateLive {
		return nil
	}
	have := len(s.rest.B)
	lack := s.need - have
	if lack < leastRoom || have < leastRoom && cap(s.rest.B)-have < leastRoom { // what has come is no reason for so much [BUSRT-F8]
		return nil
	}
	s.makeRoom(leastRoom)
	return s.rest.B[have : have+min(lack, cap(s.rest.B)-have)]
}

// Filled handles n bytes that were read to Room. Loop only.
func (s *Session) Filled(n int) {
	s.rest.B = s.rest.B[:len(s.rest.B)+n]
	s.Received(nil)
}

// noteLong notes the length of f if it is long and has the session's segment for
// itself, and tells whether that may become its delivery. Of a publish_for both
// texts are in front of the payload, of which the delivery has one.
func (s *Session) noteLong(f *codec.Frame) (alone bool) {
	if len(f.Payload) < longPayload || s.rest == nil || len(s.rest.B) != codec.FrameHeaderLen+f.BodyLen {
		return false
	}
	s.long = min(len(s.rest.B), longest)
	return f.Op != codec.OpPublishFor && s.rest.Front() >= s.indent() // it may have begun before the name was known
}

// reframed gives a reference of the segment of a frame that is alone, with its
// delivery in it. That is made for the first receiver: a topic stays where it is,
// before the payload, and a name or mask is not needed any more.
func (st *staging) reframed(m *delivery) *ringbuf.Segment {
	if seg, f := st.own, m.frame; !seg.Shared() {
		st.head = codec.AppendDeliveryHead(st.head[:0], m.kind, m.realtime, m.sender, f.Target, len(f.Payload))
		seg.Reframe(len(seg.B)-len(f.Payload), st.head)
	}
	st.own.Retain(1)
	return st.own
}
