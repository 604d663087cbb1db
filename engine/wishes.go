package engine

// What another goroutine may want of a session's owner. Each is a bit of
// Session.wishes; the first bit to be set puts the session into its shard's
// mailbox, where it is at most once.
const (
	wishDrain  = 1 << iota // its outbox waits for its owner: blocked, claimed or at its end
	wishFail               // a write failed
	wishEnd                // it is to end, for the reason in Session.why
	wishProbe              // somebody wants its name: look whether its peer is still there
	wishRetry              // the holder of the name it wants has been looked at
	wishAnswer             // the broker's answer that it was paused for has been staged
)

// post leaves a wish. Any goroutine.
func (s *Session) post(wish uint32) {
	if s.wishes.Or(wish) == 0 {
		s.shard.post(s)
	}
}

// demandEnd has the session ended by its owner. Any goroutine.
func (s *Session) demandEnd(why reason) {
	s.why.CompareAndSwap(uint32(reasonNone), uint32(why))
	s.post(wishEnd)
}

// attend grants the wishes. Loop only.
func (s *Session) attend() {
	w := s.wishes.Swap(0)
	if w == 0 || s.state == stateClosed {
		return
	}
	if w&wishFail != 0 {
		s.broken = true // the peer is as good as gone; what it sent is still read, which ends the session
	}
	if w&wishProbe != 0 {
		s.probe()
	}
	if w&wishEnd != 0 {
		s.end(reason(s.why.Load()))
	}
	if w&wishRetry != 0 {
		s.retry()
	}
	if w&wishAnswer != 0 {
		s.resume(pauseCall)
	}
	if s.state != stateClosed {
		s.Writable()
	}
	s.transport.Settle()
}
