package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// handshakeTerm is how old a handshake may get when others wait for its place.
const handshakeTerm = time.Second

// population knows the sessions, tells when there are none, and keeps those that
// are in their handshake in the order of their coming.
type population struct {
	count atomic.Int64 // of the sessions; written under mu

	mu struct {
		sync.Mutex
		sessions map[*Session]struct{}
		none     chan struct{} // closed while there are none

		oldest, newest *Session // of the handshakes
		handshakes     int
	}
}

// handshaking is a session's place among the handshakes. Guarded by
// population.mu.
type handshaking struct {
	came         time.Time // zero: it is not among them
	older, newer *Session
}

func (p *population) init() {
	p.mu.sessions = make(map[*Session]struct{})
	p.mu.none = make(chan struct{})
	close(p.mu.none)
}

// enter takes in a session, which begins its handshake.
func (p *population) enter(s *Session, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.mu.sessions) == 0 {
		p.mu.none = make(chan struct{})
	}
	p.mu.sessions[s] = struct{}{}
	p.count.Store(int64(len(p.mu.sessions)))
	s.handshaking = handshaking{came: now, older: p.mu.newest}
	if p.mu.newest == nil {
		p.mu.oldest = s
	} else {
		p.mu.newest.newer = s
	}
	p.mu.newest = s
	p.mu.handshakes++
}

// greeted notes that the handshake of s is over, however it ended. Calls after
// the first do nothing.
func (p *population) greeted(s *Session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.greetedLocked(s)
}

func (p *population) greetedLocked(s *Session) {
	h := s.handshaking
	if h.came.IsZero() {
		return
	}
	s.handshaking = handshaking{}
	if h.older == nil {
		p.mu.oldest = h.newer
	} else {
		h.older.newer = h.newer
	}
	if h.newer == nil {
		p.mu.newest = h.older
	} else {
		h.newer.older = h.older
	}
	p.mu.handshakes--
}

// makeRoom tells whether there are fewer handshakes than most. If not, and the
// oldest has had its time, it gives that, whose place is free.
func (p *population) makeRoom(most int, now time.Time) (room bool, evicted *Session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.handshakes < most {
		return true, nil
	}
	s := p.mu.oldest
	if s == nil || now.Sub(s.came) < handshakeTerm {
		return false, nil
	}
	p.greetedLocked(s)
	return true, s
}

// RoomForHandshake tells whether a transport may attach another connection, so
// many having been accepted already and being about to be: those in their
// handshake are bounded [Options.MaxHandshakes]. If there are too many the caller
// stops accepting and asks again on its next tick. The oldest has to make room
// once it is a second old. Any goroutine.
func (b *Broker) RoomForHandshake(coming int) bool {
	room, evicted := b.sessions.makeRoom(b.options.MaxHandshakes-coming, time.Now())
	if evicted != nil {
		evicted.demandEnd(reasonCrowded)
	}
	return room
}

// Refusal is why a transport turns a connection away before it is attached.
type Refusal uint8

// Why connections are turned away.
const (
	RefusedPeerLimit   Refusal = iota // its user or address has too many
	RefusedConnectRate                // its user or address comes too often
)

// Refused counts and logs a connection that a transport has turned away. Any
// goroutine.
func (b *Broker) Refused(info Peer, r Refusal) {
	why := reasonPeerLimit
	if r == RefusedConnectRate {
		why = reasonConnectRate
	}
	b.ended[why].Add(1)
	b.logRefused(&info, "", why)
}

func (p *population) leave(s *Session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.mu.sessions, s)
	p.count.Store(int64(len(p.mu.sessions)))
	if len(p.mu.sessions) == 0 {
		close(p.mu.none)
	}
}

// number takes no lock: who watches a broker holds nobody up.
func (p *population) number() int { return int(p.count.Load()) }

// Connections is how many there are, those in the handshake and those that drain
// among them. Any goroutine.
func (b *Broker) Connections() int { return b.sessions.number() }

func (p *population) wait(ctx context.Context) error {
	p.mu.Lock()
	none := p.mu.none
	p.mu.Unlock()
	select {
	case <-none:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
