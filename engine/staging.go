package engine

import (
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/ringbuf"
)

const (
	firstSegment = 4 << 10  // what most events need for one receiver
	nextSegment  = 64 << 10 // and what follows, in steps of four, when one event fills it
	directWrites = 64       // receivers an event writes to itself; the others go to their loops
	viewsPerCall = 64       // segments in one call of Transport.Write
)

// staging is where the frames of one event wait, encoded, for its end: one
// entry per receiver, and at most one open group for a fan-out (group.go). It
// is empty between events. A shard has its own; goroutines that send borrow
// one from the broker's pool.
//
// The order of one sender's frames to one receiver [BUSRT-O7] is the order of
// the refs in the receiver's entry. The sender's own entry is handed over
// last, so that no ack leaves before its frame is queued everywhere
// [BUSRT-O11].
type staging struct {
	broker  *Broker
	self    *peer // the sender of this event, nil for timers and the like
	entries []entry
	index   entryIndex
	group   group
	topics  matchCache
	masks   matchCache
	last    *peer   // whom the last message went to
	held    []*peer // receivers that want the sender held back [BUSRT-O17]
	round   uint64  // of held: entries note in which they were added
	taken   int     // bytes of segments since the account of memory was looked at
	hasty   bool    // the sender will not be held back: nobody is noted
	iov     [][]byte
	scratch []byte
	head    []byte           // of the deliveries of a run, or of one that is alone
	tally   tally            // what self has sent in this event, as far as it is not counted yet
	own     *ringbuf.Segment // of a delivery that is alone; in there it would have the frame escape
	called  bool             // self's last frame went to the broker's own client, which may have to answer
	totals  traffic          // this staging's share of the broker's counters
}

// entry is what one receiver gets out of an event.
type entry struct {
	peer          *peer
	refs          []ringbuf.Ref
	tail          *ringbuf.Segment // takes further frames; nil after a shared segment
	frames, bytes uint64           // for the receiver's counters [BUSRT-O16]
	held          uint64           // the round in which the receiver was noted in staging.held
}

func (st *staging) init(b *Broker) {
	st.broker = b
	st.iov = make([][]byte, 0, viewsPerCall)
	st.round = 1
	st.index.init()
}

// refer adds a segment that is not the entry's own: what follows does not go into
// it. The reference is the entry's from now on.
func (e *entry) refer(r ringbuf.Ref) {
	e.refs = append(e.refs, r)
	e.tail = nil
}

// enter begins an event of p, or goes on with it. What another sender staged is
// handed over first, as the order of acks depends on who the sender is.
func (st *staging) enter(p *peer) {
	if st.self != p {
		st.flush(st.self)
		st.self = p
	}
}

// entryOf finds or makes the entry of p.
func (st *staging) entryOf(p *peer) *entry {
	if n := len(st.entries); n > 0 && st.entries[n-1].peer == p {
		return &st.entries[n-1]
	}
	i, found := st.index.find(p.id, uint32(len(st.entries)))
	if found {
		return &st.entries[i]
	}
	if len(st.entries) < cap(st.entries) {
		st.entries = st.entries[:len(st.entries)+1] // keeps the room of its refs
	} else {
		st.entries = append(st.entries, entry{})
	}
	e := &st.entries[len(st.entries)-1]
	e.peer = p
	return e
}

// room gives the segment that takes n more bytes for e.
func (st *staging) room(e *entry, n int) *ringbuf.Segment {
	if e.tail == nil || cap(e.tail.B)-len(e.tail.B) < n {
		size := firstSegment
		if e.tail != nil {
			size = min(4*cap(e.tail.B), nextSegment)
		}
		e.tail = st.broker.segments.Get(max(n, size))
		st.took(cap(e.tail.B))
		e.refs = append(e.refs, ringbuf.Ref{Seg: e.tail}) // the entry owns the reference
	}
	return e.tail
}

// frame stages one frame for p alone. sent is what p's counters take for it.
func (st *staging) frame(p *peer, m *delivery) admission {
	st.closeGroup()
	n := codec.DeliveryLen(m.kind, m.sender, m.frame.Target, m.frame.Payload)
	a := p.admit(cost(1, n))
	if a >= full {
		return a
	}
	e := st.entryOf(p)
	if m.alone {
		e.refer(ringbuf.Ref{Seg: st.reframed(m)})
	} else {
		seg := st.room(e, n)
		seg.B = codec.AppendDelivery(seg.B, m.kind, m.realtime, m.sender, m.frame.Target, m.frame.Payload)
	}
	e.refs[len(e.refs)-1].Cost += cost(1, n)
	e.frames++
	e.bytes += m.counted
	if a == high {
		st.hold(e)
	}
	return a
}

// ack stages an ack for the session itself [BUSRT-B2].
func (st *staging) ack(p *peer, id uint32, code codec.Status) {
	if st.group.takes(p) { // a frame to oneself precedes its ack [BUSRT-O7]
		st.closeGroup()
	}
	e := st.entryOf(p)
	seg := st.room(e, codec.AckLen)
	seg.B = codec.AppendAck(seg.B, id, code)
	e.frames++
	e.bytes += codec.AckLen
	p.out.acks.Add(codec.AckLen)
}

// nop stages a NOP [BUSRT-B1]; it is counted nowhere.
func (st *staging) nop(p *peer) {
	st.entryOf(p).refer(ringbuf.Ref{Seg: nopSegment})
	p.out.acks.Add(codec.DeliveryHeaderLen)
}

var nopSegment = ringbuf.NewStatic(codec.AppendNop(nil))

// hold notes a receiver that wants the sender held back, once.
func (st *staging) hold(e *entry) {
	if !st.hasty && e.held != st.round {
		e.held = st.round
		st.held = append(st.held, e.peer)
	}
}

// holdNobody forgets who wanted the sender held back.
func (st *staging) holdNobody() {
	st.held = st.held[:0]
	st.round++
}

// flush ends the event: announcements that it caused are staged, then each
// receiver gets its segments, the sender itself last. Nobody is held back for
// what only shows here: announcements, and groups that met others' frames.
func (st *staging) flush(self *peer) {
	st.closeGroup()
	if st.broker.announcements.begin() {
		st.publishAnnouncements(self)
	} else {
		st.handOver(self)
	}
	st.watchMemory()
	st.self, st.own, st.hasty = nil, nil, false
	if len(st.held) > 0 {
		st.holdNobody()
	}
}

// handOver moves the staged segments to their outboxes.
func (st *staging) handOver(self *peer) {
	var own *entry
	direct := directWrites
	for i := range st.entries {
		e := &st.entries[i]
		if e.peer == self {
			own = e
			continue
		}
		st.deliver(e, direct > 0)
		direct--
	}
	if own != nil {
		st.deliver(own, true)
	}
	if cap(st.entries) > keepEntries {
		st.entries, st.index = nil, entryIndex{}
		st.index.init()
		return
	}
	st.entries = st.entries[:0]
	st.index.clear()
}

// keepEntries is how many entries a staging keeps room for between events.
const keepEntries = 4096

// deliver hands one entry over. A receiver with an idle outbox is written to
// at once if direct, else by its own loop.
func (st *staging) deliver(e *entry, direct bool) {
	p := e.peer
	p.traffic.sent(e.frames, e.bytes)
	if p.local == nil { // those count for themselves
		st.totals.sent(e.frames, e.bytes)
	}
	refs := e.refs
	e.peer, e.tail, e.frames, e.bytes, e.held, e.refs = nil, nil, 0, 0, 0, e.refs[:0]
	tell := false
	switch {
	case p.local != nil:
		if p.out.ring.Give(refs) {
			p.local.inbox.bell.ring()
		}
	case !direct:
		tell = p.out.ring.Park(refs)
	case p.out.ring.Push(refs):
		tell = p.write(st.iov)
	}
	if tell {
		p.session.post(wishDrain)
	}
	clear(refs)
}
