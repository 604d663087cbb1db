package client

import "github.com/busrt-go/busrt/codec"

// outgoing is a frame to be written, of whatever operation.
type outgoing struct {
	op       codec.Op
	qos      codec.QoS
	id       uint32 // 0 if no ack is wanted
	target   string
	receiver string // publish_for only
	payload  []byte
	topics   []string // subscribe and its kin
}

// check tells why the frame cannot be sent: the broker would take it for
// another frame, or end the connection [BUSRT-F3] [BUSRT-F4] [BUSRT-F8].
func (f *outgoing) check(maxBody int) error {
	if f.len()-codec.FrameHeaderLen > maxBody {
		return codec.TooLong
	}
	for _, topic := range f.topics {
		if err := codec.CheckText(topic); err != nil {
			return err
		}
	}
	if f.receiver != "" {
		if err := codec.CheckText(f.receiver); err != nil {
			return err
		}
	}
	return codec.CheckText(f.target)
}

// len is how many bytes append appends.
func (f *outgoing) len() int {
	n := codec.FrameHeaderLen
	switch f.op {
	case codec.OpNop:
	case codec.OpSubscribe, codec.OpUnsubscribe, codec.OpExclude, codec.OpUnexclude:
		n += max(0, len(f.topics)-1)
		for _, topic := range f.topics {
			n += len(topic)
		}
	case codec.OpPublishFor:
		n += len(f.target) + 1 + len(f.receiver) + 1 + len(f.payload)
	default:
		n += len(f.target) + 1 + len(f.payload)
	}
	return n
}

func (f *outgoing) append(dst []byte) []byte {
	switch f.op {
	case codec.OpNop:
		return codec.AppendPing(dst)
	case codec.OpSubscribe, codec.OpUnsubscribe, codec.OpExclude, codec.OpUnexclude:
		return codec.AppendTopics(dst, f.id, f.op, f.qos, f.topics...)
	case codec.OpPublishFor:
		return codec.AppendPublishFor(dst, f.id, f.qos, f.target, f.receiver, f.payload)
	default:
		return codec.AppendFrame(dst, f.id, f.op, f.qos, f.target, f.payload)
	}
}
