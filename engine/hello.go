package engine

import (
	"time"

	"github.com/busrt-go/busrt/codec"
)

// handshake handles the bytes before the session is live and returns how many
// it took; 0 means that it needs more.
func (s *Session) handshake(b []byte) int {
	switch s.state {
	case stateGreeting:
		if len(b) < len(codec.Greeting) {
			return 0
		}
		if codec.CheckGreeting(b) != codec.OK {
			s.refuse(codec.NotSupported, reasonGreeting)
			return len(b)
		}
		s.state = stateHello
		s.owe(byte(codec.OK)) // [BUSRT-H3]
		return len(codec.Greeting)
	case stateHello:
		return s.hello(b)
	default:
		return 0 // the name's holder is being looked at: the rest waits
	}
}

// debt is what the broker has to say in the handshake and has not said: all that
// is known at the same time is one write. A client that says its part at once is
// answered so, and woken once.
type debt struct {
	bytes [len(codec.Greeting) + 2]byte // and two codes, at most
	n     uint8
}

func (s *Session) owe(b ...byte) { s.debt.n += uint8(copy(s.debt.bytes[s.debt.n:], b)) }

// Greet says what is to be said in the handshake [BUSRT-H1]. The transport calls it
// once, when it has handed over what the peer may have sent before it was attached.
// Loop only.
func (s *Session) Greet() {
	if n := s.debt.n; n > 0 {
		s.debt.n = 0
		s.reply(s.debt.bytes[:n])
	}
}

// helloHeader is the length in front of a name.
const helloHeader = 2

// hello reads the name and asks for it [BUSRT-H4].
func (s *Session) hello(b []byte) int {
	limits := s.broker.options.Names
	if n, ok := codec.HelloLen(b); ok {
		switch { // without waiting for a name that is too long
		case len(codec.Greeting)+helloHeader+n > s.broker.options.MaxHello:
			s.end(reasonHelloLong)
			return len(b)
		case !limits.Allows(n):
			s.refuse(codec.Data, reasonName)
			return len(b)
		}
	}
	name, n := codec.ConsumeHello(b)
	if n == 0 {
		return 0
	}
	code, text := limits.Check(name)
	switch {
	case !text:
		s.end(reasonName) // without a byte
	case code != codec.OK:
		s.refuse(code, reasonName)
	default:
		s.name = string(name)
		s.primary = codec.PrimaryName(s.name)
		s.present()
	}
	return n
}

// present has the name judged, before it is asked for [BUSRT-H4].
func (s *Session) present() {
	access, why := s.judge()
	if why != reasonNone {
		s.refuse(codec.AccessDenied, why)
		return
	}
	s.access = access
	if access != nil && access.own != (Settings{}) {
		s.terms, s.limits = s.broker.termsOf(s.info.Settings, &access.own)
	}
	s.enter(false)
}

// enter asks the registry for the name.
func (s *Session) enter(probed bool) {
	code, holder := s.broker.register(&s.peer, probed)
	switch {
	case code == codec.OK:
		s.welcome()
	case holder != nil:
		s.state = stateProbing
		s.pause(pauseProbe)
		s.broker.askHolder(holder.session, func() { s.post(wishRetry) })
	default:
		s.refuse(code, refusal(code))
	}
}

// welcome completes the handshake: the final byte goes out before anything
// that was queued meanwhile [BUSRT-H5].
func (s *Session) welcome() {
	s.owe(byte(codec.OK))
	s.Greet()
	s.state = stateLive
	s.broker.sessions.greeted(s)
	now := time.Now()
	s.shard.now = now
	s.nextNop = now.Add(s.timeout / 2)
	s.awaitHeader(now)
	s.shard.wheel.hasten(s, s.nextNop)
	s.yield()
}

// refuse answers the handshake with a code and ends it.
func (s *Session) refuse(code codec.Status, why reason) {
	s.asked, s.name, s.primary = s.name, "", "" // not its own
	s.owe(byte(code))
	s.end(why)
}

// probes are the newcomers that want a session's name [BUSRT-H11].
type probes struct{ waiting []func() }

// askHolder has the holder of a name look whether its peer has left, and tell
// called when that is known: by its loop, or at once if it has gone already. Any
// goroutine.
func (b *Broker) askHolder(holder *Session, tell func()) {
	b.registry.mu.Lock()
	held, _ := b.names.Load(holder.name)
	present := held == &holder.peer
	if present {
		if holder.probes == nil {
			holder.probes = new(probes)
		}
		holder.probes.waiting = append(holder.probes.waiting, tell)
	}
	b.registry.mu.Unlock()
	if present {
		holder.post(wishProbe)
	} else {
		tell()
	}
}

// probe looks whether the peer has left; if so, what it sent before is handled
// and the name released, pause or not [BUSRT-H11].
func (s *Session) probe() {
	if s.state <= stateLive && s.transport.HungUp() {
		s.leaving = true
		s.resume(s.paused)
		s.transport.ReadOut()
		if s.state <= stateLive { // not at the end yet, which it will come to by itself: release answers then
			return
		}
	}
	s.answerProbes()
}

// answerProbes tells those who want the name that they may ask again.
func (s *Session) answerProbes() {
	s.broker.registry.mu.Lock()
	p := s.probes
	s.probes = nil
	s.broker.registry.mu.Unlock()
	if p == nil {
		return
	}
	for _, tell := range p.waiting {
		tell()
	}
}

// retry asks for the name again, after its holder was looked at.
func (s *Session) retry() {
	if s.state != stateProbing {
		return
	}
	s.state = stateHello
	s.shard.enter(&s.peer)
	s.enter(true)
	s.resume(pauseProbe)
}
