package engine

import (
	"maps"
	"slices"

	"github.com/busrt-go/busrt/codec"
)

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
		s.change(f)
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

// change alters the session's subscriptions or exclusions [BUSRT-O5]
// [BUSRT-O6] [BUSRT-O10].
func (s *Session) change(f *codec.Frame) {
	var excluded bool
	for topic := range codec.Topics(f.Payload) {
		switch f.Op {
		case codec.OpSubscribe:
			s.subscribe(topic)
		case codec.OpUnsubscribe:
			s.unsubscribe(topic)
		case codec.OpExclude:
			excluded = addText(&s.exclusions, topic) || excluded
		default:
			excluded = removeText(s.exclusions, topic) || excluded
		}
	}
	if excluded {
		s.publishExclusions()
	}
}

func (s *Session) subscribe(topic []byte) {
	if string(topic) == topicWarn { // a flag, not a node of the tree [BUSRT-O9]
		s.deaf.Swap(false)
		return
	}
	if addText(&s.subscriptions, topic) {
		s.broker.topics.add(view(topic), &s.peer)
	}
}

func (s *Session) unsubscribe(topic []byte) {
	if string(topic) == topicWarn {
		s.deaf.Swap(true)
		return
	}
	if removeText(s.subscriptions, topic) {
		s.broker.topics.remove(view(topic), &s.peer)
	}
}

// publishExclusions shows routing the session's exclusions as they are now, and
// voids what was matched by the old ones.
func (s *Session) publishExclusions() {
	if len(s.exclusions) == 0 {
		s.excluded.Store(nil)
	} else {
		patterns := slices.Collect(maps.Keys(s.exclusions))
		s.excluded.Store(&patterns)
	}
	s.broker.topics.bump()
}

// addText enters text into the set; false if it was there.
func addText(set *map[string]struct{}, text []byte) bool {
	if _, ok := (*set)[string(text)]; ok {
		return false
	}
	if *set == nil {
		*set = make(map[string]struct{})
	}
	(*set)[string(text)] = struct{}{}
	return true
}

// removeText takes text out of the set; false if it was not there.
func removeText(set map[string]struct{}, text []byte) bool {
	if _, ok := set[string(text)]; !ok {
		return false
	}
	delete(set, string(text))
	return true
}
