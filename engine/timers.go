package engine

import "time"

// timer does what is due and says when the session wants to be looked at next.
// Loop only, from the wheel.
func (s *Session) timer() {
	now := s.shard.now
	switch s.state {
	case stateGreeting, stateHello, stateProbing:
		if !now.Before(s.drainUntil) { // [BUSRT-H8]
			s.end(reasonHandshake)
		}
	case stateLive:
		s.liveTimer(now)
	case stateDraining:
		if s.settleDrain(); s.state == stateDraining && (!now.Before(s.drainUntil) || s.stalledSince(now)) {
			s.close(true)
		}
	case stateClosing, stateClosed:
	}
	if s.state != stateClosed {
		s.shard.wheel.remove(s)
		s.shard.wheel.add(s, s.nextLook(now))
	}
}

// liveTimer is for a registered session.
func (s *Session) liveTimer(now time.Time) {
	timeout := s.timeout
	switch {
	case s.stalledSince(now):
		s.giveUp(reasonStalled, true)
		return
	case s.paused == 0 && !now.Before(s.deadline(timeout)):
		if s.body >= 0 {
			s.end(reasonSlowBody)
		} else {
			s.end(reasonSilent)
		}
		return
	}
	if !now.Before(s.nextNop) {
		if !s.broken {
			s.shard.nop(&s.peer)
		}
		if s.nextNop = s.nextNop.Add(timeout / 2); s.nextNop.Before(now) {
			s.nextNop = now.Add(timeout / 2) // the process slept
		}
	}
}

// stalledSince tells whether bytes have waited for a whole timeout without one
// of them getting anywhere [BUSRT-T3]: those in the outbox, and of a session that
// drains those that the transport has, too.
func (s *Session) stalledSince(now time.Time) bool {
	moves, waits := s.out.moves.Load(), !s.out.ring.Empty()
	if !waits && s.state == stateDraining {
		moves, waits = uint32(s.transport.Unsent()), true
	}
	switch {
	case !waits:
		s.movedAt = time.Time{}
		return false
	case s.movedAt.IsZero() || moves != s.lastMoves:
		s.lastMoves, s.movedAt = moves, now
		return false
	default:
		return now.Sub(s.movedAt) >= s.timeout
	}
}

// nextLook is the earliest time at which something may be due.
func (s *Session) nextLook(now time.Time) time.Time {
	switch s.state {
	case stateLive:
	case stateDraining, stateClosing:
		return now.Add(TickInterval)
	default:
		return s.drainUntil
	}
	timeout := s.timeout
	next := s.nextNop
	if d := s.deadline(timeout); s.paused == 0 && d.Before(next) {
		next = d
	}
	if !s.out.ring.Empty() {
		if d := now.Add(timeout / 8); d.Before(next) { // progress is to be seen closely
			next = d
		}
	}
	return next
}
