package engine

import "time"

// Flow control [BUSRT-O17]: who sends faster than a receiver takes is not read
// for a while. A pause has at most maxPause, and ends for a receiver that took
// nothing for Options.StallTime; after a pause that ended by one of the two the
// session is read for a grace before it may pause again.
const (
	maxPause    = 500 * time.Millisecond
	graceBytes  = 256 << 10
	graceFrames = 1024

	maxUnreadAcks = 64 << 10 // bytes of acks a client may leave unread [BUSRT-O12]
)

// pauses are the reasons why a session is not read, a bit each.
type pauses uint8

const (
	pauseFlow  pauses = 1 << iota // a receiver of its frames is behind [BUSRT-O17]
	pauseAcks                     // it does not read its acks [BUSRT-O12]
	pauseCall                     // an answer of the broker is being made
	pauseProbe                    // the holder of the name it wants is being looked at
)

// grace is how much a session may send before it pauses again.
type grace struct{ frames, bytes int }

func (g *grace) over() bool { return g.frames <= 0 || g.bytes <= 0 }

func (g *grace) spend(bytes int) {
	g.frames--
	g.bytes -= bytes
}

// holding is whom a sender waits for. Used by one goroutine at a time.
type holding struct {
	since time.Time
	on    []held
	bit   uint64 // of the shard to be woken
}

// held is a receiver that is waited for, and its progress as last seen.
type held struct {
	peer  *peer
	moves uint32
	moved time.Time // when moves was seen to change, or since
}

// begin waits for peers from now on, and has the shard of bit woken when one of
// them has room. The caller looks whether the wait is over already.
func (h *holding) begin(now time.Time, peers []*peer, bit uint64) {
	h.since, h.bit = now, bit
	h.on = h.on[:0]
	for _, p := range peers {
		h.on = append(h.on, held{peer: p, moves: p.out.moves.Load(), moved: now})
	}
}

// over tells whether the wait is over, and whether one of the two times ended
// it. A receiver that stalled is marked, so that it holds nobody up until it
// takes something again.
func (h *holding) over(now time.Time, b *Broker) (done, timed bool) {
	kept := h.on[:0]
	for _, x := range h.on {
		o := &x.peer.out
		o.waiters.Or(h.bit) // each time: the wake took it away. Before the level is looked at, so that none is lost
		if x.peer.limits.low(o.level.Load()) {
			continue
		}
		if moves := o.moves.Load(); moves != x.moves {
			x.moves, x.moved = moves, now
		} else if now.Sub(x.moved) >= b.options.StallTime {
			o.stalled.Swap(true)
			timed = true
			continue
		}
		kept = append(kept, x)
	}
	clear(h.on[len(kept):])
	h.on = kept
	if len(kept) > 0 && now.Sub(h.since) >= maxPause {
		clear(h.on)
		h.on = h.on[:0]
		return true, true
	}
	return len(kept) == 0, timed
}

// pause has the session not read any more; its receive timers stand still.
func (s *Session) pause(why pauses) {
	if s.paused == 0 {
		s.pausedAt = time.Now() // rare, and a pause is short: exact
		s.shard.paused = append(s.shard.paused, s)
	}
	s.paused |= why
}

// holdBack pauses the session for the receivers that its last frame found
// above their mark.
func (s *Session) holdBack() {
	st := &s.shard.staging
	defer st.holdNobody()
	if s.undisturbed() {
		return
	}
	s.pause(pauseFlow)
	if s.hold == nil {
		s.hold = new(holding)
	}
	s.hold.begin(s.pausedAt, st.held, s.shard.bit)
	s.shard.recheckSoon() // one of them may have got room already
}

// undisturbed tells that the session is not to pause now, whoever is behind.
func (s *Session) undisturbed() bool { return s.leaving || !s.grace.over() }

// resume ends pauses; without any left the session goes on with what it had
// received, and is read again.
func (s *Session) resume(why pauses) {
	if s.paused&why == 0 {
		return
	}
	if s.paused &^= why; s.paused != 0 {
		return
	}
	s.shard.forget(s)
	s.since = s.since.Add(time.Since(s.pausedAt))
	s.Received(nil)
}

// recheck looks whether the session's pauses are over.
func (s *Session) recheck(now time.Time) {
	var over pauses
	if s.paused&pauseAcks != 0 {
		s.out.waiters.Or(s.shard.bit) // as for a pause of flow control
		if s.out.acks.Load() < maxUnreadAcks/2 {
			over |= pauseAcks
		}
	}
	if s.paused&pauseFlow != 0 {
		if done, timed := s.hold.over(now, s.broker); done {
			over |= pauseFlow
			if timed {
				s.grace = grace{graceFrames, graceBytes}
			}
		}
	}
	s.resume(over)
}

// recheckSoon has the loop look which of its paused sessions may go on. Any
// goroutine.
func (sh *Shard) recheckSoon() {
	sh.wanted.Swap(true)
	sh.wake()
}

// recheckPaused looks which of the shard's paused sessions may go on. Loop
// only.
func (sh *Shard) recheckPaused() {
	now := time.Now()
	sh.rechecked = append(sh.rechecked[:0], sh.paused...) // resuming changes the list
	for i, s := range sh.rechecked {
		s.recheck(now)
		if s.paused == 0 {
			s.transport.Settle()
			sh.Flush()
		}
		sh.rechecked[i] = nil
	}
}

// forget takes s off the list of paused sessions.
func (sh *Shard) forget(s *Session) {
	for i, p := range sh.paused {
		if p == s {
			last := len(sh.paused) - 1
			sh.paused[i], sh.paused[last] = sh.paused[last], nil
			sh.paused = sh.paused[:last]
			return
		}
	}
}

// Dry is called when the transport has read until it would block; a read that
// returned less than it could counts. It ends the grace after a pause
// [BUSRT-O17].
func (s *Session) Dry() { s.grace = grace{} }
