package engine

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"
)

// What is queued, staged or partly received lies in segments of the broker's
// pool, which knows how many bytes of them are in use [Options.MaxMemory]: a
// segment that a thousand receivers refer to counts once, as it does in memory.
// (The levels of the outboxes, added up, would count it a thousand times.) The
// pool counts segments, not frames, in a striped counter, so that loops do not
// contend for a word; the sum is looked at by ticks, and by an event that has
// taken much since.

const (
	shedPause = 50 * time.Millisecond // between two times that receivers are shed
	shedLeast = 64 << 10              // bytes: who has less is not to blame
	shedParts = 64                    // part of the limit that one staging may take before it looks
)

// memory is the account of the broker as a whole.
type memory struct {
	most int64        // bytes; 0: no limit
	look int          // bytes that a staging takes before it looks
	next atomic.Int64 // when receivers may be shed again, in Unix ns
}

func (m *memory) init(o Options) {
	if o.MaxMemory > 0 {
		m.most = int64(o.MaxMemory)
	}
	m.look = max(1, o.MaxMemory/shedParts)
}

// InUse is how many bytes are queued, staged or partly received, in units of the
// memory they take. Any goroutine.
func (b *Broker) InUse() int64 { return b.segments.InUse() }

// took notes bytes that the staging has taken.
func (st *staging) took(n int) { st.taken += n }

// watchMemory looks at the account if the staging has taken much since. At the
// end of an event.
func (st *staging) watchMemory() {
	if b := st.broker; st.taken >= b.memory.look {
		st.taken = 0
		b.shed()
	}
}

// shed ends those connections that most is queued for, or partly received from,
// if all together is too much. Any goroutine.
func (b *Broker) shed() {
	m := &b.memory
	over := b.segments.InUse() - m.most
	if m.most == 0 || over <= 0 {
		return
	}
	now, next := time.Now(), m.next.Load()
	if now.UnixNano() < next || !m.next.CompareAndSwap(next, now.Add(shedPause).UnixNano()) {
		return // others are at it, and those they chose need a moment
	}
	over += m.most / 8 // so that it does not begin again at once
	for _, h := range b.sessions.heaviest() {
		if over <= 0 || h.bytes < shedLeast {
			break
		}
		over -= h.bytes
		b.options.Logger.Warn("broker short of memory", "in use", b.segments.InUse(), "limit", m.most)
		h.session.shedding.Store(true)
		b.cutOff(&h.session.peer, reasonMemory)
		h.session.demandEnd(reasonMemory)
	}
}

// weight is what a session has of the broker's memory.
type weight struct {
	session *Session
	bytes   int64
}

// heaviest gives the sessions by what is queued for them and partly received
// from them, the most first. Any goroutine.
func (p *population) heaviest() []weight {
	p.mu.Lock()
	all := make([]weight, 0, len(p.mu.sessions))
	for s := range p.mu.sessions {
		if s.came.IsZero() && !s.shedding.Load() { // handshakes are bounded
			all = append(all, weight{s, int64(levelBytes(s.out.level.Load())) + s.out.acks.Load() + s.kept.Load()})
		}
	}
	p.mu.Unlock()
	slices.SortFunc(all, func(x, y weight) int { return cmp.Compare(y.bytes, x.bytes) })
	return all
}

// curtail drops what is queued for a session that is shed, but for the frame
// that was begun [BUSRT-B7]. The caller has the token.
func (s *Session) curtail() {
	if c := s.out.ring.Curtail(record); c != 0 {
		s.lose(int(levelFrames(c)), reasonMemory)
		s.out.level.Add(-c)
	}
}
