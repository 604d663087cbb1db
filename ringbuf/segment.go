package ringbuf

import (
	"sync/atomic"

	"github.com/busrt-go/busrt/internal/invariants"
)

// Frames to a receiver are bytes in segments, not objects: nothing per frame for
// the garbage collector to follow, and a socket writes many of them at once. A
// frame for many receivers is encoded once, and each gets a reference.
//
// Invariants. A reference is a right to read B[:len(B)], and is given up once.
// Appending takes the only reference; a tail that grows in an outbox while a
// writer holds a view of it is within that rule, as both act on the outbox's
// reference: the bytes of the view are not touched, those behind it are not in
// it, and B itself is read and written under the lock of the outbox.
//
// Memory order. Each Release happens before the one that brings the count to
// zero, and so before the next owner of the bytes writes. Shared may be relied
// on when it is false: the count is one, it is the caller's, and nobody can add
// to it without one of his own; what former holders read, they read before.
// Retain needs no order, as the caller's reference keeps the segment alive.
//
// Measured, ns for a receiver, shared | copied, the median of 10 runs on two
// cores (go test -run - -bench FanOut -benchtime 100ms -count 10
// ./ringbuf):
//
//	receivers       1         2         4        100
//	   100 bytes  26 | 20   16 | 26   11 | 30    7 |  33
//	 1,000 bytes  31 | 26   19 | 32   13 | 35    7 |  52
//	10,000 bytes  68 | 63   37 | 68   22 | 96    7 | 196
//
// The gain is less than it looks for few receivers and short frames, as a shared
// segment ends the run of those that a receiver's own frames could follow in.
// Rejected: to let the garbage collector count. It would zero each segment
// again, about 1 µs for the smallest (pool.go).

// Segment is a run of bytes with a count of references. Who has the only
// reference may append to B, within its capacity; once there are several,
// B[:len(B)] does not change any more.
type Segment struct {
	B []byte

	whole   []byte       // all there is; B is somewhere in it
	pool    *Pool        // where it goes back to; nil: to the garbage collector
	counted atomic.Int64 // among the pool's bytes in use
	refs    atomic.Int32
	class   uint8
	stripe  uint8
	fixed   bool // made by NewStatic
}

// NewStatic makes a segment of b that is never released and never appended to.
// It counts as shared; Retain and Release do nothing. b must not change.
func NewStatic(b []byte) *Segment { return &Segment{B: b, fixed: true} }

// Indent leaves n bytes free in front of B, which is empty, for Reframe. The only
// reference is the caller's.
func (s *Segment) Indent(n int) { s.B = s.whole[n:n] }

// Front is how many bytes are free in front of B.
func (s *Segment) Front() int { return cap(s.whole) - cap(s.B) }

// Reframe puts head in the place of the first drop bytes of B, in front of what
// stays where it is: so what was received becomes what is sent. head is at most as
// long as these and what is free in front of them. The only reference is the
// caller's.
func (s *Segment) Reframe(drop int, head []byte) {
	end := s.Front() + len(s.B)
	at := end - len(s.B) + drop - len(head)
	s.B = s.whole[at:end]
	copy(s.B, head)
}

// Retain adds n references. The caller has one itself. Any goroutine.
func (s *Segment) Retain(n int) {
	if s.fixed {
		return
	}
	if refs := s.refs.Add(int32(n)); invariants.Enabled && (n < 0 || refs <= int32(n)) {
		panic("busrt: retain of a released segment")
	}
}

// Release gives one reference up. With the last one the segment goes back to
// its pool, and B is another's: in builds with invariants it is overwritten,
// and a release too many panics. Any goroutine.
func (s *Segment) Release() {
	if s.fixed {
		return
	}
	switch refs := s.refs.Add(-1); {
	case refs == 0:
		s.recycle()
	case invariants.Enabled && refs < 0:
		panic("busrt: segment released twice")
	}
}

// Disown takes the segment out of [Pool.InUse], for a holder who leaves his
// reference to the garbage collector, or to a Release that may never come. Any
// goroutine with a reference.
func (s *Segment) Disown() {
	if s.pool != nil {
		s.pool.discount(s)
	}
}

// Shared tells whether there are more references than one; static segments
// always have. Whoever has a reference may rely on false, while true may have
// changed when it is looked at. Any goroutine.
func (s *Segment) Shared() bool { return s.fixed || s.refs.Load() != 1 }

// renew makes s empty for its holder to append to, as a new one would be. false: it
// is somebody else's too, or has no more room than most bytes but one frame's.
func (s *Segment) renew(most int) bool {
	if s.Shared() || len(s.whole) > most+slack {
		return false
	}
	invariants.Poison(s.B)
	s.B = s.whole[:0]
	return true
}

func (s *Segment) recycle() {
	invariants.Poison(s.B)
	if s.pool != nil {
		s.pool.put(s)
	}
}
