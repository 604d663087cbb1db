package engine

import "github.com/busrt-go/busrt/codec"

// handle does what one frame asks for, and stages the ack if one is wanted.
func (s *Session) handle(f *codec.Frame) {
	st := &s.shard.staging
	m := delivery{sender: s.name, realtime: f.QoS.Realtime(), frame: f, counted: uint64(f.BodyLen)}
	st.tally.add(m.counted)
	code := codec.OK
	switch f.Op {
	case codec.OpMessage:
		m.kind = codec.KindMessage
		code = st.message(s, f.Target, &m)
	case codec.OpBroadcast:
		m.kind = codec.KindBroadcast
		code = st.broadcast(f.Target, &m)
	case codec.OpPublish:
		m.kind = codec.KindPublish
		if code = codec.AccessDenied; !reserved(f.Target) {
			code = st.publish(&m)
		}
	case codec.OpPublishFor:
		m.kind = codec.KindPublish
		if code = codec.AccessDenied; !reserved(f.Target) {
			code = st.publishFor(f.Receiver, &m)
		}
	case codec.OpSubscribe, codec.OpUnsubscribe, codec.OpExclude, codec.OpUnexclude:
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
