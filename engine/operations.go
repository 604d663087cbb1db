package engine

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// handle does what one frame asks for, and stages the ack if one is wanted. It
// tells whether the client may have that done.
func (s *Session) handle(f *codec.Frame) bool {
	st := &s.shard.staging
	var m delivery // not as a literal: that is built apart and copied, which waits for its own stores
	m.sender, m.realtime, m.frame, m.counted = s.name, f.QoS.Realtime(), f, uint64(f.BodyLen)
	if s.noteLong(f) {
		m.alone, st.own = true, s.rest
	}
	st.tally.add(m.counted)
	var code codec.Status
	why := reasonNone
	switch f.Op {
	case codec.OpMessage:
		m.kind = codec.KindMessage
		if s.access.mayMessage(f.Target) {
			code = st.message(s, f.Target, &m)
		} else {
			why = reasonMessage
		}
	case codec.OpBroadcast:
		m.kind = codec.KindBroadcast
		if s.access.mayBroadcast(f.Target) {
			code = st.broadcast(f.Target, &m)
		} else {
			why = reasonBroadcast
		}
	case codec.OpPublish:
		m.kind = codec.KindPublish
		if why = s.mayPublish(f.Target); why == reasonNone {
			code = st.publish(&m)
		}
	case codec.OpPublishFor:
		m.kind = codec.KindPublish
		if why = s.mayPublish(f.Target); why == reasonNone {
			code = st.publishFor(f.Receiver, &m)
		}
	case codec.OpSubscribe, codec.OpUnsubscribe, codec.OpExclude, codec.OpUnexclude:
		s.changeInterests(f)
		code = codec.OK
	default: // a ping, or what is ignored like one [BUSRT-F1] [BUSRT-F2]
		st.tally.sub(m.counted)
		return true
	}
	if why != reasonNone {
		code = why.status()
		st.tally.sub(m.counted)
		s.deny(why, f.Target)
	}
	if f.QoS.NeedsAck() {
		st.ack(&s.peer, f.ID, code)
	}
	if st.called {
		st.answerCall(s, &m)
	}
	return why == reasonNone
}

// mayPublish tells why the session may not publish to the topic, if so.
func (s *Session) mayPublish(topic []byte) reason {
	why := s.broker.publishable(topic)
	if why == reasonNone && !s.access.mayPublish(topic) {
		return reasonPublish
	}
	return why
}

// publishable tells why nobody but the broker may publish to the topic, if so.
func (b *Broker) publishable(topic []byte) reason {
	if reserved(topic) {
		return reasonReserved
	}
	return b.options.checkTopic(topic)
}

// changeInterests does what a list of topics asks for, and answers for each that
// the client may not have; the frame's own ack follows [BUSRT-O5].
func (s *Session) changeInterests(f *codec.Frame) {
	for topic := range codec.Topics(f.Payload) {
		why := reasonSubscribe
		if f.Op != codec.OpSubscribe || s.access.maySubscribe(view(topic)) {
			why = s.change(&s.peer, f.Op, topic)
		}
		if why == reasonNone {
			continue
		}
		s.deny(why, topic)
		if f.QoS.NeedsAck() {
			s.shard.ack(&s.peer, f.ID, why.status())
		}
	}
	s.settle(&s.peer)
}

// denialPause is between two lines of the log about denials to one session.
const denialPause = time.Second

// deny counts a denial, and logs it if none of the session was just now. what is
// the topic, mask or name it was about.
func (s *Session) deny(why reason, what []byte) {
	s.broker.denied[why].Add(1)
	if now := s.shard.now; now.Sub(s.deniedAt) >= denialPause {
		s.deniedAt = now
		s.broker.tell(slog.LevelInfo, s.info.Identity, "operation denied",
			"name", s.name, "reason", why.String(), "what", fmt.Sprintf("%.64q", what))
	}
}
