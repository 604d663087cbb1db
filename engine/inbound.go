package engine

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/ringbuf"
)

// inbound is the receiving side of a session: what it has of a frame that is
// not whole, and since when it waits for the rest.
type inbound struct {
	rest  *ringbuf.Segment // received and not handled: part of a frame, or all that came with a pause; nil if nothing
	need  int              // bytes of the frame in rest, as far as known
	long  int              // bytes of the last frame that was long and has come as a whole (long.go)
	body  int              // of the frame whose header is there; -1: a header is awaited
	kept  atomic.Int64     // bytes in rest, for others
	since time.Time        // when the last header was whole [BUSRT-T1], or this one [BUSRT-T2]; coarse
}

// headerWait is how long a header may be awaited [BUSRT-T1].
func headerWait(timeout time.Duration) time.Duration { return timeout * 10 / 8 }

// bodyWait is how long a body may take of which n bytes have come: the announced
// length is no reason to wait, else one of 4 GiB would buy three days [BUSRT-T2].
func bodyWait(timeout time.Duration, n int) time.Duration {
	return timeout + time.Duration(n)*time.Second/drainRate
}

// awaitHeader starts the wait for a header.
func (i *inbound) awaitHeader(now time.Time) { i.body, i.since = -1, now }

// deadline is when the wait is over. The clock it was begun by may have been
// late by a tick.
func (i *inbound) deadline(timeout time.Duration) time.Time {
	wait := headerWait(timeout)
	if i.body >= 0 {
		wait = bodyWait(timeout, i.arrived())
	}
	return i.since.Add(wait + TickInterval)
}

// arrived is how much has come of the body whose header is there.
func (i *inbound) arrived() int {
	if i.rest == nil {
		return 0
	}
	return max(0, len(i.rest.B)-codec.FrameHeaderLen)
}

// Received handles bytes that the transport has read; b is the engine's until
// the call returns. Frames in b are handled in place; only part of a frame, or
// what comes with a pause, is kept.
func (s *Session) Received(b []byte) {
	s.shard.enter(&s.peer)
	for s.rest != nil && s.paused == 0 {
		b = b[s.fill(b):]
		if len(s.rest.B) < s.need {
			return
		}
		whole := len(s.rest.B)
		n := s.consume(s.rest.B)
		if s.state >= stateDraining {
			return // release has dropped the rest
		}
		if n == 0 && len(b) == 0 {
			return
		}
		s.discard(n, whole)
	}
	if s.paused == 0 {
		b = b[s.consume(b):]
	}
	if len(b) > 0 && s.state < stateDraining {
		s.keep(b)
	}
	if s.out.acks.Load() > maxUnreadAcks && s.state == stateLive && !s.leaving {
		s.pause(pauseAcks)
		s.shard.recheckSoon() // others may have written them meanwhile
	}
}

// fill moves from b what the frame in rest still needs. In the handshake that
// is not known, and everything is taken.
func (s *Session) fill(b []byte) int {
	n := len(b)
	if s.state == stateLive {
		n = min(n, max(0, s.need-len(s.rest.B)))
	}
	s.keep(b[:n])
	return n
}

// keep appends b to rest. Memory grows with the bytes that arrived, whatever
// length a header announces [BUSRT-F8].
func (s *Session) keep(b []byte) {
	if len(b) == 0 {
		return
	}
	s.makeRoom(len(b))
	s.rest.B = append(s.rest.B, b...)
}

// makeRoom sees to it that rest takes n more bytes.
func (s *Session) makeRoom(n int) {
	have := 0
	if s.rest != nil {
		if have = len(s.rest.B); cap(s.rest.B)-have >= n {
			return
		}
	}
	indent := s.indent()
	bigger := s.broker.segments.Get(indent + max(have+n, min(max(2*have, s.long), s.need)))
	bigger.Indent(indent)
	if s.rest != nil {
		bigger.B = append(bigger.B, s.rest.B...)
		s.rest.Release()
	}
	s.rest = bigger
	s.shard.took(cap(bigger.B))
	s.kept.Store(int64(cap(bigger.B)))
}

// discard drops the first n of all bytes of rest. If it was one long frame, its
// receivers may have it now.
func (s *Session) discard(n, all int) {
	if n == all {
		s.dropRest()
		return
	}
	s.rest.B = s.rest.B[:copy(s.rest.B, s.rest.B[n:])]
}

func (s *Session) dropRest() {
	if s.rest != nil {
		s.rest.Release()
		s.rest = nil
		s.kept.Store(0)
	}
}

// consume handles the whole frames at the beginning of b and returns how many
// bytes they took. It stops early when the session pauses or ends.
func (s *Session) consume(b []byte) (n int) {
	for n < len(b) && s.state < stateLive && s.paused == 0 {
		k := s.handshake(b[n:])
		if k == 0 {
			s.need = 0
			break
		}
		n += k
	}
	if s.state < stateLive {
		s.Greet()
	}
	if s.state != stateLive || n == len(b) {
		return n
	}
	return n + s.frames(b[n:])
}

// frames is consume for a live session.
func (s *Session) frames(b []byte) (n int) {
	var (
		f       codec.Frame
		sh      = s.shard
		decoder = codec.Decoder{MaxBody: s.maxFrame}
		headed  bool // a header was whole
		frames  int
	)
	s.need = 0
	for n < len(b) && s.paused == 0 && s.state == stateLive {
		if s.out.level.Load()&shutBit != 0 { // cut off [BUSRT-O12]
			s.count()
			s.end(reason(s.why.Load()))
			return n
		}
		k, need, err := decoder.Next(b[n:], &f)
		if err != nil {
			s.count()
			s.broker.tell(slog.LevelDebug, s.info.Identity, "malformed frame", "name", s.name, "error", err)
			s.end(reasonFrame)
			return n
		}
		if k == 0 {
			s.await(need, headed)
			headed = false
			break
		}
		n += k
		frames++
		headed = true
		if !s.grace.over() {
			s.grace.spend(k)
		}
		sh.hasty = s.undisturbed()
		if s.handle(&f) && !sh.hasty && len(sh.held) == 0 {
			k, more := s.repeat(&decoder, b[n:], &f)
			n += k
			frames += more
		}
		if len(sh.held) > 0 {
			s.holdBack()
		}
	}
	s.count()
	if headed {
		s.awaitHeader(sh.now)
	}
	if s.rate != nil && frames > 0 && !s.rate.AllowN(time.Now(), frames) && s.state == stateLive {
		s.end(reasonRate)
	}
	return n
}

// await notes what the frame that has begun needs. headed: whole frames came
// before it just now.
func (s *Session) await(need int, headed bool) {
	s.need = need
	switch {
	case need > codec.FrameHeaderLen:
		if body := need - codec.FrameHeaderLen; headed || s.body < 0 {
			s.body, s.since = body, s.shard.now
		}
	case headed:
		s.awaitHeader(s.shard.now)
	}
}

// count adds what the event brought in so far to the counters.
func (s *Session) count() {
	t := &s.shard.tally
	if t.frames == 0 {
		return
	}
	s.traffic.received(t.frames, t.bytes)
	s.shard.totals.received(t.frames, t.bytes)
	*t = tally{}
}
