package engine

import (
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/ringbuf"
)

// sharedFrom is the number of receivers from which on a frame is encoded once,
// into a segment that all of them refer to, instead of once for each.
const sharedFrom = 4

// sharedSize is the payload from which on even two receivers share.
const sharedSize = 4 << 10

// group is an open fan-out: consecutive frames of an event to the same set of
// receivers, encoded once. Closing it gives each receiver one reference, so a
// burst of n publishes to m receivers costs n + m steps, not n × m.
//
// Limits stay exact because a group takes no more than its credit, found when it
// opens: of what every receiver can take below its high mark, the part that one
// of the broker's n shards may have. Groups of several shards do not reserve it,
// so one that opens late counts on room that others have spent already; but they
// had (n - 1)/n of it between them, and whoever goes on alone ends at the mark.
// Together that is less than twice the mark, which is the limit: no receiver is
// cut off for it. Above the mark, a group is one frame long.
type group struct {
	receivers []*peer // an immutable slice of a match cache; its identity is the group's
	seg       *ringbuf.Segment
	frames    int    // in seg
	counted   uint64 // their bytes for the counters
	credit    uint64 // frames and bytes it may take further, packed as a cost
	self      *peer  // the sender, if it is among the receivers
}

// takes tells whether the open group, if any, delivers to the sender p.
func (g *group) takes(p *peer) bool { return g.frames > 0 && g.self == p }

// sameAs tells whether the open group has these very receivers.
func (g *group) sameAs(receivers []*peer) bool {
	return g.frames > 0 && len(g.receivers) == len(receivers) && &g.receivers[0] == &receivers[0]
}

// fanOut stages one frame for all receivers, which must not change as long as
// the staging may hold them.
func (st *staging) fanOut(receivers []*peer, m *delivery) {
	if m.alone || len(receivers) < sharedFrom && (len(receivers) < 2 || len(m.frame.Payload) < sharedSize) {
		for _, p := range receivers {
			if st.frame(p, m) == full {
				st.broker.refused(p, 1)
			}
		}
		return
	}
	g := &st.group
	n := codec.DeliveryLen(m.kind, m.sender, m.frame.Target, m.frame.Payload)
	if !g.sameAs(receivers) || !g.affords(n) || cap(g.seg.B)-len(g.seg.B) < n {
		st.openGroup(receivers, n)
	}
	g.seg.B = codec.AppendDelivery(g.seg.B, m.kind, m.realtime, m.sender, m.frame.Target, m.frame.Payload)
	g.frames++
	g.counted += m.counted
	if g.affords(n) {
		g.credit -= cost(1, n)
	} else {
		st.closeGroup() // some receiver is above its mark: the sender must hear of it now
	}
}

// affords tells whether the credit covers one more frame of n bytes.
func (g *group) affords(n int) bool {
	return levelFrames(g.credit) > 0 && levelBytes(g.credit) >= uint64(n)
}

// openGroup closes the open group and begins one that can take n bytes.
func (st *staging) openGroup(receivers []*peer, n int) {
	st.closeGroup()
	g := &st.group
	g.receivers, g.self = receivers, nil
	frames, bytes := receivers[0].limits.highFrames, receivers[0].limits.highBytes
	for _, p := range receivers {
		if p == st.self {
			g.self = p
		}
		l, m := p.out.level.Load(), p.limits
		frames = min(frames, m.highFrames-min(m.highFrames, levelFrames(l)))
		bytes = min(bytes, m.highBytes-min(m.highBytes, levelBytes(l)))
	}
	shards := st.broker.shards.count.Load()
	g.credit = frames/shards*frameUnit | bytes/shards
	size := firstSegment
	if n < firstSegment && len(st.entries) > 0 && frames > firstSegment/64 {
		size = nextSegment // not where a receiver is behind: what waits for it would pin much more than it holds
	}
	g.seg = st.broker.segments.Get(max(n, size))
	st.took(cap(g.seg.B))
}

// closeGroup gives every receiver of the open group its reference.
func (st *staging) closeGroup() {
	g := &st.group
	if g.frames == 0 {
		return
	}
	c := cost(g.frames, len(g.seg.B))
	g.seg.Retain(len(g.receivers))
	frames, counted := uint64(g.frames), g.counted
	receivers, seg := g.receivers, g.seg
	*g = group{}
	for _, p := range receivers {
		a := p.admit(c)
		if a >= full {
			if a == full {
				st.broker.refused(p, int(frames))
			}
			seg.Release()
			continue
		}
		e := st.entryOf(p)
		if a == high {
			st.hold(e)
		}
		e.refer(ringbuf.Ref{Seg: seg, Cost: c})
		e.frames += frames
		e.bytes += counted
	}
	seg.Release()
}
