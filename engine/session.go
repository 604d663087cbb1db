package engine

import (
	"cmp"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/ringbuf"
)

// Session is a connected client as the engine sees it. A transport makes one
// with [Shard.Attach] and feeds it on the shard's goroutine; all methods are
// loop only.
type Session struct {
	peer
	shard     *Shard
	transport Transport
	info      Peer
	access    *Access // what its listener's map says [BUSRT-S4]; nil: everything
	state     state
	paused    pauses
	asked     string // the name that it was refused
	deniedAt  time.Time
	broken    bool     // a write failed: nothing more goes out, what came in still counts
	abrupt    bool     // to be closed with a reset
	grace     grace    // after a pause that ended by a time [BUSRT-O17]
	hold      *holding // whom the session waits for; kept from pause to pause
	pausedAt  time.Time
	leaving   bool // the peer has closed: what it sent is read to the end, pause or not [BUSRT-H11]
	terms
	inbound
	timing
	handshaking
	debt debt

	nextNop    time.Time // [BUSRT-B1]
	lastMoves  uint32    // outbox.moves when the writer's progress was last looked at
	movedAt    time.Time // when it was seen to change; zero while nothing waits [BUSRT-T3]
	drainUntil time.Time // [BUSRT-B7]

	interests

	wishes   atomic.Uint32 // what other goroutines want of the owner
	why      atomic.Uint32 // a reason, for wishEnd
	shedding atomic.Bool   // to free memory: what is queued is dropped
	probes   *probes       // newcomers that wait for the name [BUSRT-H11]; guarded by registry.mu
}

// state of a session's life.
type state uint8

const (
	stateGreeting state = iota // the peer's three bytes are awaited [BUSRT-H2]
	stateHello                 // its name is awaited [BUSRT-H4]
	stateProbing               // the present holder of the name is looked at [BUSRT-H11]
	stateLive
	stateDraining // output is finished, input is dropped [BUSRT-B7]
	stateClosing  // only the writer token is missing
	stateClosed
)

// Attach takes a new connection in, which [Session.Greet] then sends the greeting.
// info may be kept. Loop only.
func (sh *Shard) Attach(t Transport, info Peer) *Session {
	s := &Session{shard: sh, transport: t, info: info}
	b := sh.broker
	s.id, s.broker, s.session = b.ids.Add(1), b, s
	s.terms, s.limits = b.termsOf(info.Settings)
	s.info.Identity.Addr = info.Identity.Addr.Unmap() // [BUSRT-H9]
	s.body = -1
	sh.now = time.Now() // rare enough to be exact: the handshake has an absolute deadline
	b.sessions.enter(s, sh.now)
	s.drainUntil = sh.now.Add(s.timeout)
	s.out.ring.Acquire() // held until the final byte [BUSRT-H5]
	sh.wheel.add(s, s.drainUntil)
	s.owe(codec.Greeting[:]...)
	return s
}

// WantsRead tells whether the transport should read for the session.
func (s *Session) WantsRead() bool { return s.paused == 0 && s.state < stateClosing }

// WantsWrite tells whether bytes wait until the transport takes some again,
// when it should call [Session.Writable].
func (s *Session) WantsWrite() bool {
	return s.out.ring.Blocked() && !s.broken && s.state < stateClosing
}

// Closed tells that the session is over and its transport has been closed.
func (s *Session) Closed() bool { return s.state == stateClosed }

// Broken tells that writing failed: the transport should not be asked about
// its write side any more.
func (s *Session) Broken() bool { return s.broken }

// Writable passes on what waits, after the transport reported that it takes
// bytes again.
func (s *Session) Writable() {
	if s.state < stateClosing && !s.broken && s.out.ring.Resume() {
		if s.shedding.Load() {
			s.curtail()
		}
		s.yield()
	}
	s.settleDrain()
}

// PeerLeft ends the session because its stream ended, in whatever way: what
// the peer sent before has been handled, what is queued for it is lost
// [BUSRT-F9].
func (s *Session) PeerLeft() {
	s.giveUp(reasonPeerLeft, false)
}

// Abort ends the session at once, with a reset where the transport has one.
func (s *Session) Abort() { s.giveUp(reasonAborted, true) }

// Panicked is Abort after a panic in an event of the session.
func (s *Session) Panicked() { s.giveUp(reasonPanic, true) }

// giveUp ends the session without writing what is queued.
func (s *Session) giveUp(why reason, reset bool) {
	if s.state < stateLive {
		s.Greet()
		s.out.ring.Yield(true) // the handshake has held the token
	}
	if s.state < stateDraining {
		s.release(why)
	}
	s.close(reset)
}

// end makes the session drain: its name is free at once, what is queued for it
// is written, then it closes [BUSRT-O12] [BUSRT-B7].
func (s *Session) end(why reason) {
	if s.state >= stateDraining {
		return
	}
	handshake := s.state < stateLive
	s.Greet()
	s.release(why)
	s.state = stateDraining
	s.shard.now = time.Now()
	queued := time.Duration(levelBytes(s.out.level.Load())) * time.Second / drainRate
	s.drainUntil = s.shard.now.Add(s.timeout + queued)
	s.shard.wheel.hasten(s, s.shard.now)
	if handshake {
		s.yield()
	}
	s.post(wishDrain) // to close, if there is nothing to write
	s.transport.Settle()
}

// drainRate is the least rate, in bytes a second, that a draining or sending
// peer has to keep up [BUSRT-B7] [BUSRT-T2].
const drainRate = 16 << 10

// release undoes what the session had of the broker: name, subscriptions,
// pauses. The session receives and sends nothing from here on.
func (s *Session) release(why reason) {
	s.shut(why)
	s.dropRest()
	s.broker.sessions.greeted(s)
	if s.paused != 0 {
		s.paused = 0
		s.shard.forget(s)
	}
	s.broker.ended[why].Add(1)
	if s.name != "" {
		s.broker.unregister(&s.peer, why)
		s.answerProbes()
	}
	s.drop(&s.peer)
	s.logEnd(why)
}

// logEnd logs that the session ends. What the broker has decided is told to
// everybody, the rest to who is looking for errors.
func (s *Session) logEnd(why reason) {
	if s.state < stateLive {
		s.broker.logRefused(&s.info, cmp.Or(s.asked, s.name), why)
		return
	}
	if why.ordinary() {
		s.broker.tell(slog.LevelDebug, s.info.Identity, "client left", "name", s.name, "reason", why.String())
		return
	}
	s.broker.tell(slog.LevelInfo, s.info.Identity, "client disconnected", "name", s.name, "reason", why.String())
}

// logRefused logs that a connection did not become a client.
func (b *Broker) logRefused(info *Peer, name string, why reason) {
	words := []any{"name", name, "reason", why.String(), "source", info.Source, "uid", info.Identity.UID}
	if why.ordinary() {
		b.tell(slog.LevelDebug, info.Identity, "connection given up", words...)
		return
	}
	b.tell(slog.LevelInfo, info.Identity, "connection refused", words...)
}

// settleDrain closes a draining session once everything is written and, on a
// network, has arrived [BUSRT-B7].
func (s *Session) settleDrain() {
	switch {
	case s.state == stateClosing:
		s.close(false)
	case s.state != stateDraining:
	case s.broken:
		s.close(true)
	case s.out.settled() && s.transport.Unsent() == 0:
		s.close(false)
	}
}

// close gives the transport up as soon as the writer token is there.
func (s *Session) close(reset bool) {
	if s.state == stateClosed {
		return
	}
	s.state = stateClosing
	s.abrupt = s.abrupt || reset
	if !s.out.ring.Claim() {
		return // the writer's Yield posts wishDrain
	}
	cut := s.out.ring.Boundary() != nil
	s.out.ring.Close()
	if n := levelFrames(s.out.level.Load()); n > 0 {
		s.lose(int(n), reason(s.why.Load()))
	}
	s.state = stateClosed
	s.shard.wheel.remove(s)
	s.transport.Close(s.abrupt || cut)
	s.broker.sessions.leave(s)
}

// reply writes bytes of the handshake, ahead of what is queued already
// [BUSRT-H5]; the token is held. A connection without room for them is given
// up.
func (s *Session) reply(b []byte) {
	n, err := s.transport.Write([][]byte{b})
	if err != nil || n < len(b) {
		s.broken = true
	}
	if err == nil && n < len(b) {
		s.demandEnd(reasonStalled)
	}
}

// yield gives back the token that the handshake has held, and writes what was
// queued meanwhile.
func (s *Session) yield() {
	if s.out.ring.Yield(false) == ringbuf.Again {
		s.write(s.shard.iov)
	}
}
