package engine

import (
	"sync/atomic"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/ringbuf"
)

// The level of an outbox is one word: frames and bytes that were admitted and
// not yet written, and a bit for an outbox that admits nothing any more. One
// add admits a frame and reads the level that follows, so the limits are exact
// whichever goroutines send at once.
//
//	63     62 … 40   39 … 0
//	shut | frames  | bytes
//
// A ref of a segment carries its share in the same form as its cost.
const (
	frameUnit = 1 << 40
	byteMask  = frameUnit - 1
	shutBit   = 1 << 63
)

func cost(frames, bytes int) uint64 { return uint64(frames)*frameUnit | uint64(bytes) }

func levelFrames(l uint64) uint64 { return l &^ shutBit / frameUnit }
func levelBytes(l uint64) uint64  { return l & byteMask }

// limits of a client: of its outbox [BUSRT-O12], with the marks of flow control
// [BUSRT-O17], and of its interests. They do not change; clients share them.
type limits struct {
	frames, bytes         uint64
	highFrames, highBytes uint64 // above: the sender is held back
	lowFrames, lowBytes   uint64 // below both: it is read again
	drop                  bool   // a full queue loses frames instead of its receiver

	subscriptions, exclusions, interests int
}

func newLimits(o Options) *limits {
	f, b := uint64(o.QueueFrames), uint64(o.QueueBytes)
	l := &limits{
		frames: f, bytes: b,
		highFrames: f / 2, highBytes: b / 2,
		lowFrames: max(1, f/4), lowBytes: max(1, b/4),
		drop:          o.Slow == SlowDropNew,
		subscriptions: o.MaxSubscriptions, exclusions: o.MaxExclusions, interests: o.MaxInterests,
	}
	if o.StallTime < 0 || o.Slow == SlowDisconnect || o.Slow == SlowDropNew {
		l.highFrames, l.highBytes = f, b
	}
	return l
}

func (m *limits) low(level uint64) bool {
	return level&shutBit != 0 || levelFrames(level) < m.lowFrames && levelBytes(level) < m.lowBytes
}

// burstFactor is how many times its limit in bytes an outbox may hold as long as its
// receiver takes something: all whose frames are above the mark pause, but each
// had brought one, as long as the limit perhaps, and cutting off a receiver that
// reads would lose what it is about to take.
const burstFactor = 4

// admission is the answer to a frame that wants into an outbox.
type admission uint8

const (
	roomy admission = iota // admitted
	high                   // admitted, and the sender should be held back [BUSRT-O17]
	full                   // refused: the receiver is to be cut off [BUSRT-O12]
	gone                   // refused: the receiver has left
)

// outbox is the way to one receiver: the ring of segments with the writer
// token, and the account of what is in it.
type outbox struct {
	ring    ringbuf.Outbox
	level   atomic.Uint64
	acks    atomic.Int64  // bytes of acks and NOPs staged and not yet written
	moves   atomic.Uint32 // grows with every write that got somewhere: progress without a clock
	stalled atomic.Bool   // takes nothing: holds no sender up until it moves [BUSRT-O17]
	waiters atomic.Uint64 // a bit per shard that has sessions paused because of this outbox
}

// admit accounts c for the outbox of p. Any goroutine.
func (p *peer) admit(c uint64) admission {
	l, m := p.out.level.Add(c), p.limits
	if l&byteMask <= m.highBytes && l/frameUnit <= m.highFrames { // a shut level fails here
		return roomy
	}
	return p.admitSlow(c, l)
}

func (p *peer) admitSlow(c, l uint64) admission {
	m := p.limits
	alone := levelFrames(l) == levelFrames(c) // one frame is always admitted [BUSRT-O12]
	patient := m.highFrames != m.frames && !p.out.stalled.Load()
	most := m.bytes
	if patient {
		most *= burstFactor
	}
	switch {
	case l&shutBit != 0:
		p.retract(c)
		return gone
	case (levelFrames(l) > m.frames || levelBytes(l) > most) && !alone:
		p.retract(c)
		return full
	case !patient:
		return roomy
	default:
		return high
	}
}

// retract takes back what admit added. The last reservation to leave a shut
// outbox tells its owner, who may be waiting for that to close it.
func (p *peer) retract(c uint64) {
	if p.out.level.Add(-c) == shutBit && p.session != nil {
		p.session.post(wishDrain)
	}
}

// shut makes the outbox admit nothing more; what is in it is still written, and
// nothing is accepted from the client. Reports whether this call did it. Any
// goroutine.
func (p *peer) shut(why reason) bool {
	if p.session != nil {
		p.session.why.CompareAndSwap(uint32(reasonNone), uint32(why))
	}
	if p.out.level.Or(shutBit)&shutBit != 0 {
		return false
	}
	p.wakeWaiters()
	return true
}

// settled tells whether everything that was admitted has been written.
func (o *outbox) settled() bool { return o.level.Load() == shutBit && o.ring.Empty() }

// writeRounds is how many calls of Transport.Write in a row a receiver gets that
// others go on feeding; then its own loop has to take over, so that one fast
// receiver does not keep a loop from its sockets.
const writeRounds = 16

// write passes the outbox's bytes to the transport until it is empty or the
// transport is full. The caller holds the writer token and has given it up
// afterwards. tell: there is something for the owner to do, which the caller
// leaves as wishDrain or, if it is the owner, does. iov is scratch.
func (p *peer) write(iov [][]byte) (tell bool) {
	o := &p.out
	for round := 1; ; round++ {
		views := o.ring.Views(iov[:0])
		want := 0
		for _, v := range views {
			want += len(v)
		}
		n, err := p.session.transport.Write(views)
		if n > 0 {
			p.written(o.ring.Advance(n, measure))
		}
		if err != nil {
			p.session.post(wishFail)
		}
		switch o.ring.Yield(err != nil || n < want || round == writeRounds) {
		case ringbuf.Again:
		case ringbuf.Wake:
			return true
		case ringbuf.Released:
			return o.level.Load() == shutBit
		}
	}
}

// written accounts for whole bytes of finished frames, acks and NOPs that cost
// c, and wakes whom the outbox held up.
func (p *peer) written(whole int, c uint64) {
	o := &p.out
	o.moves.Add(1)
	if rest := int64(whole) - int64(levelBytes(c)); rest != 0 {
		o.acks.Add(-rest)
	}
	if o.stalled.Load() {
		o.stalled.Swap(false)
	}
	if l := o.level.Add(-c); o.waiters.Load() != 0 && p.limits.low(l) {
		p.wakeWaiters()
	}
}

func (p *peer) wakeWaiters() {
	if bits := p.out.waiters.Swap(0); bits != 0 {
		p.broker.wake(p, bits)
	}
}

// measure finds the whole frames in b and what they cost: the rare path of a
// segment that the socket took in part. Acks and NOPs cost nothing.
func measure(b []byte) (whole int, c uint64) {
	for len(b)-whole >= codec.DeliveryHeaderLen {
		n, one := record(b[whole:])
		if len(b)-whole < n {
			break
		}
		whole += n
		c += one
	}
	return whole, c
}

// record gives the length of the frame, ack or NOP that b begins with, and what
// it costs.
func record(b []byte) (n int, c uint64) {
	k, body, ok := codec.DeliveryHeader(b)
	if !ok {
		return len(b), 0
	}
	n = codec.DeliveryHeaderLen + body
	if k != codec.KindAck && k != codec.KindNop {
		c = cost(1, n)
	}
	return n, c
}
