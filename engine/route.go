package engine

import (
	"slices"
	"strings"
	"unsafe"

	"github.com/busrt-go/busrt/codec"
)

// delivery is a frame on its way to its receivers. It points to what was decoded:
// a copy of slices just stored costs 15 ns, for the processor cannot forward
// three stores of a word to a load of two.
type delivery struct {
	kind     codec.Kind
	realtime bool
	alone    bool         // the frame has staging.own for itself
	sender   string       // full name [BUSRT-B5]
	frame    *codec.Frame // its Payload, and of a publish its Target, the topic
	counted  uint64       // what receivers count: the body length at ingress [BUSRT-O16]
}

// The four ways to send. Each returns the code of the ack; the caller decides
// whether one was asked for. Loop only, or the holder of a pooled staging.

// message routes to the one client of that name [BUSRT-O1]. caller is the
// session a call to the broker's own client is answered to; nil if there is none.
func (st *staging) message(caller *Session, target []byte, m *delivery) codec.Status {
	p := st.named(target)
	switch {
	case p == nil:
		return codec.NotRegistered
	case p.isCore():
		st.toCore(caller, m)
		return codec.OK
	}
	switch st.frame(p, m) {
	case full:
		st.broker.refused(p, 1)
		return codec.NotDelivered
	case gone:
		return codec.NotRegistered
	case roomy, high:
	}
	return codec.OK
}

// named finds the client of that name, nil if there is none. Many messages in a
// row go to one: a peer that is not shut still has its name.
func (st *staging) named(target []byte) *peer {
	if p := st.last; p != nil && p.name == view(target) && p.out.level.Load()&shutBit == 0 {
		return p
	}
	p, _ := st.broker.names.Load(view(target))
	st.last = p
	return p
}

// broadcast routes to all whose full name the mask matches [BUSRT-O2]; without
// a wildcard that is one name [BUSRT-O8].
func (st *staging) broadcast(mask []byte, m *delivery) codec.Status {
	generation := st.broker.registry.generation.Load()
	receivers, ok := st.masks.find(mask, generation)
	if !ok {
		receivers = st.broker.registry.match(view(mask))
		st.masks.put(view(mask), receivers)
	}
	if n := len(receivers); n > 0 && receivers[n-1] == st.broker.core {
		st.toCore(nil, m)
		receivers = receivers[:n-1]
	}
	st.fanOut(receivers, m)
	return codec.OK
}

// publish routes to all subscribers of the topic [BUSRT-O3].
func (st *staging) publish(m *delivery) codec.Status {
	st.fanOut(st.subscribers(m.frame.Target), m)
	return codec.OK
}

// publishFor routes to those subscribers of the topic whose primary name is
// the receiver [BUSRT-O4].
func (st *staging) publishFor(receiver []byte, m *delivery) codec.Status {
	for _, p := range st.subscribers(m.frame.Target) {
		if p.primary == string(receiver) && st.frame(p, m) == full {
			st.broker.refused(p, 1)
		}
	}
	return codec.OK
}

// subscribers returns who receives the topic: one entry per client, exclusions
// taken into account [BUSRT-O3] [BUSRT-O10].
func (st *staging) subscribers(topic []byte) []*peer {
	generation := st.broker.topics.generation()
	receivers, ok := st.topics.find(topic, generation)
	if !ok {
		receivers = st.broker.matchTopic(view(topic))
		st.topics.put(view(topic), receivers)
	}
	return receivers
}

// matchTopic asks the subscriptions, without a cache. Any goroutine.
func (b *Broker) matchTopic(topic string) []*peer {
	return distinct(b.topics.match(topic, nil), func(p *peer) bool { return !p.excludes(topic) })
}

// distinct returns the peers that keep accepts, each once.
func distinct(peers []*peer, keep func(*peer) bool) []*peer {
	if len(peers) == 0 {
		return nil
	}
	peers = slices.Compact(peers) // what a client has subscribed to often comes together
	seen := make(map[*peer]struct{}, len(peers))
	out := peers[:0]
	for _, p := range peers {
		if _, dup := seen[p]; dup {
			continue
		}
		seen[p] = struct{}{}
		if keep(p) {
			out = append(out, p)
		}
	}
	return out
}

// reserved tells whether only the broker may publish to the topic [BUSRT-A4].
func reserved(topic []byte) bool {
	rest, ok := strings.CutPrefix(view(topic), coreName)
	return ok && (rest == "" || rest[0] == '/')
}

// bytesOf is s as bytes, for those who only read them.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// view is b as a string, for look-ups that do not keep it.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
