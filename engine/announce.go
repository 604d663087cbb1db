package engine

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// The broker's own name and topics [BUSRT-A1] [BUSRT-A2] [BUSRT-A5].
const (
	coreName  = ".broker"
	topicInfo = ".broker/info"
	topicWarn = ".broker/warn"
	topicSlow = ".broker/slow"
)

// announcement is something that `.broker` publishes about a client, or about
// itself.
type announcement struct {
	topic  string // empty: that of the event
	event  string // one of codec.Event…, or the embedding program's
	name   string
	reason string // of codec.EventSlow
	at     time.Time
}

// encode appends the payload to dst and gives the topic it goes to.
func (x *announcement) encode(dst []byte) (topic string, payload []byte) {
	t := codec.Timestamp(x.at.UnixNano())
	switch {
	case x.topic != "":
		payload, _ = (&codec.ClientAnnouncement{Event: x.event, Client: x.name, Time: t}).MarshalMsg(dst)
		return x.topic, payload
	case x.event == codec.EventShutdown:
		payload, _ = (&codec.BrokerAnnouncement{Event: x.event, Time: t}).MarshalMsg(dst)
		return topicWarn, payload
	case x.event == codec.EventSlow:
		payload, _ = (&codec.SlowAnnouncement{Event: x.event, Client: x.name, Reason: x.reason, Time: t}).MarshalMsg(dst)
		return topicSlow, payload
	default:
		payload, _ = (&codec.ClientAnnouncement{Event: x.event, Client: x.name, Time: t}).MarshalMsg(dst)
		return topicInfo, payload
	}
}

// Announce publishes `{s: event, d: subject, t: now}` on a topic as `.broker`, in
// the manner of the broker's own announcements (docs/protocol.md, section 9); only
// the broker can publish below `.broker/` [BUSRT-A4]. It does not wait for
// receivers [BUSRT-A3]. Without the core RPC it fails with
// [codec.NotSupported]; a topic with a NUL, or that is not UTF-8, is an error too.
// Any goroutine but an event loop.
func (b *Broker) Announce(topic, event, subject string) error {
	if err := codec.CheckText(topic); err != nil {
		return err
	}
	if topic == "" || !b.announcements.enabled.Load() {
		return codec.NotSupported
	}
	b.announcements.queue(announcement{topic: topic, event: event, name: subject})
	b.flush()
	return nil
}

// announcements wait here for the end of the event that caused them, so that
// announcing neither waits nor holds a lock of the registry [BUSRT-A3]. One
// staging at a time publishes them, in their order; what others queue meanwhile
// it takes along (again).
type announcements struct {
	enabled atomic.Bool
	pending atomic.Bool // a cheap look for begin

	mu struct {
		sync.Mutex
		queue []announcement
		busy  bool // some staging publishes
	}
}

// queue leaves an announcement. The caller ends its event with a flush. Any
// goroutine, under the lock of the registry too.
func (a *announcements) queue(x announcement) {
	if !a.enabled.Load() {
		return
	}
	x.at = time.Now()
	a.mu.Lock()
	a.mu.queue = append(a.mu.queue, x)
	a.mu.Unlock()
	a.pending.Swap(true)
}

// begin takes the turn to publish what is queued; false if there is nothing, or
// another staging has the turn.
func (a *announcements) begin() bool {
	if !a.pending.Load() {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	mine := !a.mu.busy
	a.mu.busy = true
	return mine
}

// next gives what is queued; with nothing left the turn is over.
func (a *announcements) next() []announcement {
	a.mu.Lock()
	defer a.mu.Unlock()
	queue := a.mu.queue
	a.mu.queue = nil
	if len(queue) == 0 {
		a.mu.busy = false
		a.pending.Swap(false)
	}
	return queue
}

// abandon gives the turn up in disorder: what is queued is left to others.
func (a *announcements) abandon() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mu.busy = false
}

// publishAnnouncements hands over what the event has staged, and what is queued
// to be announced, until no more is. The caller has the turn.
func (st *staging) publishAnnouncements(self *peer) {
	a := &st.broker.announcements
	over := false
	defer func() {
		if !over { // a panic: else nobody would announce anything any more
			a.abandon()
		}
	}()
	for queue := a.next(); len(queue) > 0; queue = a.next() {
		for i := range queue {
			st.announce(&queue[i])
		}
		st.closeGroup()
		st.handOver(self)
	}
	over = true
	st.handOver(self)
}

// announce stages one announcement. It holds nobody up.
func (st *staging) announce(x *announcement) {
	topic, payload := x.encode(st.scratch[:0])
	st.scratch = payload
	b := st.broker
	b.core.traffic.received(1, uint64(len(payload)))
	st.totals.received(1, uint64(len(payload)))
	receivers := b.matchTopic(topic)
	if topic == topicWarn {
		receivers = b.warned(receivers)
	}
	st.fanOut(receivers, &delivery{
		kind: codec.KindPublish, sender: coreName,
		frame: &codec.Frame{Target: []byte(topic), Payload: payload}, counted: uint64(len(payload)),
	})
}

// warned adds to the subscribers of topicWarn all who get it by default
// [BUSRT-O9].
func (b *Broker) warned(receivers []*peer) []*peer {
	all := append([]*peer(nil), receivers...)
	b.names.Range(func(_ string, p *peer) bool {
		if !p.isCore() && !p.deaf.Load() && !p.excludes(topicWarn) {
			all = append(all, p)
		}
		return true
	})
	return distinct(all, func(*peer) bool { return true })
}
