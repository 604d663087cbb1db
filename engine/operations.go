package engine

import (
	"iter"

	"github.com/busrt-go/busrt/codec"
)

// handle does what one frame asks for, and stages the ack if one is wanted.
func (s *Session) handle(f *codec.Frame) {
	st := &s.shard.staging
	m := delivery{sender: s.name, realtime: f.QoS.Realtime(), frame: f, counted: uint64(f.BodyLen)}
	st.tally.add(m.counted)
	code := codec.AccessDenied
	switch f.Op {
	case codec.OpMessage:
		m.kind = codec.KindMessage
		if s.access.mayMessage(f.Target) {
			code = st.message(s, f.Target, &m)
		}
	case codec.OpBroadcast:
		m.kind = codec.KindBroadcast
		if s.access.mayBroadcast(f.Target) {
			code = st.broadcast(f.Target, &m)
		}
	case codec.OpPublish:
		m.kind = codec.KindPublish
		if !reserved(f.Target) && s.access.mayPublish(f.Target) {
			code = st.publish(&m)
		}
	case codec.OpPublishFor:
		m.kind = codec.KindPublish
		if !reserved(f.Target) && s.access.mayPublish(f.Target) {
			code = st.publishFor(f.Receiver, &m)
		}
	case codec.OpSubscribe:
		code = codec.OK
		s.change(&s.peer, f.Op, s.permitted(f))
	case codec.OpUnsubscribe, codec.OpExclude, codec.OpUnexclude:
		code = codec.OK
		s.change(&s.peer, f.Op, codec.Topics(f.Payload))
	default: // a ping, or what is ignored like one [BUSRT-F1] [BUSRT-F2]
		st.tally.sub(m.counted)
		return
	}
	if code == codec.AccessDenied {
		st.tally.sub(m.counted)
	}
	if f.QoS.NeedsAck() {
		st.ack(&s.peer, f.ID, code)
	}
	if st.called {
		st.answerCall(s, &m)
	}
}

// permitted gives the topics of a subscription that the client may have, and
// answers for each of the others; the frame's own ack follows [BUSRT-O5].
func (s *Session) permitted(f *codec.Frame) iter.Seq[[]byte] {
	id, qos, topics := f.ID, f.QoS, f.Payload
	return func(yield func([]byte) bool) {
		for topic := range codec.Topics(topics) {
			switch {
			case s.access.maySubscribe(view(topic)):
				if !yield(topic) {
					return
				}
			case qos.NeedsAck():
				s.shard.ack(&s.peer, id, codec.AccessDenied)
			}
		}
	}
}
