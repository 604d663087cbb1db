package engine

import "time"

// Intervals at which a shard wants its Tick: FastTickInterval only while some
// session is paused.
const (
	TickInterval     = 100 * time.Millisecond
	FastTickInterval = 10 * time.Millisecond
)

const wheelSlots = 256 // 25.6 s a turn; later deadlines go round again

// wheel is a hashed timing wheel (Varghese and Lauck 1987, scheme 6). Every
// session of a shard is in it once, at the earliest of its deadlines or before:
// a frame that puts a deadline off costs the wheel nothing, the session is
// merely visited too early and says when it wants to be visited next. It is
// the list of a shard's sessions as well. Loop only.
type wheel struct {
	start time.Time
	tick  int64 // the last one that was run
	slots [wheelSlots]*Session
	count int
}

// timing is the wheel's part of a session.
type timing struct {
	due        int64
	next, prev *Session
}

func (w *wheel) init(now time.Time) { w.start = now }

// at gives the first tick that is not before t.
func (w *wheel) at(t time.Time) int64 {
	return int64((t.Sub(w.start) + TickInterval - 1) / TickInterval)
}

// add enters s, which must not be in the wheel, for time t.
func (w *wheel) add(s *Session, t time.Time) {
	s.timing.due = max(w.at(t), w.tick+1)
	slot := &w.slots[s.timing.due%wheelSlots]
	s.timing.prev, s.timing.next = nil, *slot
	if *slot != nil {
		(*slot).timing.prev = s
	}
	*slot = s
	w.count++
}

func (w *wheel) remove(s *Session) {
	if s.timing.prev != nil {
		s.timing.prev.timing.next = s.timing.next
	} else {
		w.slots[s.timing.due%wheelSlots] = s.timing.next
	}
	if s.timing.next != nil {
		s.timing.next.timing.prev = s.timing.prev
	}
	s.timing.prev, s.timing.next = nil, nil
	w.count--
}

// hasten moves s forward if t is before the time it is entered for.
func (w *wheel) hasten(s *Session, t time.Time) {
	if w.at(t) < s.timing.due {
		w.remove(s)
		w.add(s, t)
	}
}

// advance visits the sessions that are due at now. visit may remove the
// session it is given or add it again, no other.
func (w *wheel) advance(now time.Time, visit func(*Session)) {
	last := int64(now.Sub(w.start) / TickInterval)
	if last-w.tick > wheelSlots { // the process slept: one turn visits everybody
		w.tick = last - wheelSlots
	}
	for w.tick < last {
		w.tick++
		for s := w.slots[w.tick%wheelSlots]; s != nil; {
			next := s.timing.next
			if s.timing.due <= w.tick {
				visit(s)
			}
			s = next
		}
	}
}

// each visits every session; visit may remove the one it is given, no other.
func (w *wheel) each(visit func(*Session)) {
	for i := range w.slots {
		for s := w.slots[i]; s != nil; {
			next := s.timing.next
			visit(s)
			s = next
		}
	}
}
