package codec

import "encoding/binary"

// FrameHeaderLen is the length of the header of a frame, in bytes.
const FrameHeaderLen = 9

// Op is what a frame asks the broker to do: the low six bits of its flags.
type Op uint8

// The operations. What a frame's body holds depends on it, see [Frame].
const (
	OpNop         Op = 0x00 // a ping [BUSRT-F1]
	OpPublish     Op = 0x01
	OpSubscribe   Op = 0x02
	OpUnsubscribe Op = 0x03
	OpExclude     Op = 0x04
	OpUnexclude   Op = 0x05
	OpPublishFor  Op = 0x06
	OpMessage     Op = 0x12
	OpBroadcast   Op = 0x13
)

// String gives the protocol's word.
func (o Op) String() string {
	switch o {
	case OpNop:
		return "nop"
	case OpPublish:
		return "publish"
	case OpSubscribe:
		return "subscribe"
	case OpUnsubscribe:
		return "unsubscribe"
	case OpExclude:
		return "exclude"
	case OpUnexclude:
		return "unexclude"
	case OpPublishFor:
		return "publish_for"
	case OpMessage:
		return "message"
	case OpBroadcast:
		return "broadcast"
	default:
		return unknown("op", uint8(o))
	}
}

// Frame is a frame from a client to the broker. Its slices are views of what
// the decoder was given.
type Frame struct {
	ID       uint32 // comes back in the ack
	Op       Op
	QoS      QoS
	Target   []byte // message: a name; broadcast: a mask; publish, publish_for: the topic. UTF-8
	Receiver []byte // publish_for: a primary name [BUSRT-O4]. UTF-8
	Payload  []byte // behind the last of them; for operations 02…05 the whole body, see [Topics]
	BodyLen  int    // bytes of the body at ingress, which is what counters take [BUSRT-O16]
}

// AppendPing appends the frame that keeps a connection alive [BUSRT-F1].
//
//	00 00 00 00 | 00    | 00 00 00 00
//	id          | flags | length, ignored
func AppendPing(dst []byte) []byte {
	return append(dst, 0, 0, 0, 0, 0, 0, 0, 0, 0)
}

// AppendFrame appends a message, broadcast or publish [BUSRT-F4]. target is
// UTF-8 without NUL; the body takes less than 4 GiB.
//
//	[4]byte | byte              | [4]byte | body
//	id      | op + QoS in bits  | length  | target 00 payload
//	        | 6 and 7           | of body |
func AppendFrame(dst []byte, id uint32, op Op, q QoS, target string, payload []byte) []byte {
	return append(AppendFrameHead(dst, id, op, q, target, len(payload)), payload...)
}

// AppendFrameHead appends what a frame has before its payload, which is of so many
// bytes. The arguments are those of [AppendFrame].
func AppendFrameHead(dst []byte, id uint32, op Op, q QoS, target string, payload int) []byte {
	dst = appendFrameHeader(dst, id, op, q, len(target)+1+payload)
	dst = append(dst, target...)
	return append(dst, 0)
}

// AppendPublishFor appends a publish to the subscribers among the clients of
// one primary name [BUSRT-F5] [BUSRT-O4]. topic and receiver are UTF-8 without
// NUL; the body takes less than 4 GiB.
//
//	[4]byte | byte            | [4]byte | body
//	id      | 06 + QoS << 6   | length  | topic 00 receiver 00 payload
func AppendPublishFor(dst []byte, id uint32, q QoS, topic, receiver string, payload []byte) []byte {
	dst = appendFrameHeader(dst, id, OpPublishFor, q, len(topic)+1+len(receiver)+1+len(payload))
	dst = append(dst, topic...)
	dst = append(dst, 0)
	dst = append(dst, receiver...)
	dst = append(dst, 0)
	return append(dst, payload...)
}

// AppendTopics appends a subscribe, unsubscribe, exclude or unexclude
// [BUSRT-F3]. Topics are UTF-8 without NUL; none at all makes the same frame
// as one empty topic.
//
//	[4]byte | byte            | [4]byte | body
//	id      | op + QoS << 6   | length  | topic 00 topic 00 topic
func AppendTopics(dst []byte, id uint32, op Op, q QoS, topics ...string) []byte {
	n := max(0, len(topics)-1) // the NULs
	for _, t := range topics {
		n += len(t)
	}
	dst = appendFrameHeader(dst, id, op, q, n)
	for i, t := range topics {
		if i > 0 {
			dst = append(dst, 0)
		}
		dst = append(dst, t...)
	}
	return dst
}

func appendFrameHeader(dst []byte, id uint32, op Op, q QoS, body int) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, id)
	dst = append(dst, byte(op)|byte(q)<<qosShift)
	return binary.LittleEndian.AppendUint32(dst, uint32(body))
}
