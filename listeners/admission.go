package listeners

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/time/rate"

	"github.com/busrt-go/busrt/engine"
)

// spareDescriptors are left to files, FIFOs, pollers and whoever embeds the
// broker.
const spareDescriptors = 64

// admission says whether connections may come in. Those that may not yet wait in
// the kernel, as long as its backlog has room. Any goroutine.
type admission struct {
	broker  *engine.Broker
	most    int // connections of the broker
	perPeer int // connections of one user or address; 0: any number
	rate    int // of them, a second; 0: any

	coming atomic.Int32  // accepted, about to be attached
	guests atomic.Int32  // accepted, at the handshake of TLS or HTTP
	waits  atomic.Uint64 // how often accepting had to pause

	mu struct {
		sync.Mutex
		visitors map[engine.Identity]*visitor
		sweepAt  int // so many visitors make a look at who can be forgotten worthwhile
	}
}

// visitor is a user or an address with connections, or that had some just now.
// Guarded by admission.mu.
type visitor struct {
	connections int
	rate        *rate.Limiter // nil: any
}

const firstSweep = 1024

// maxConnections is the default of [Options.MaxConnections].
func maxConnections() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil || uint64(limit.Cur) > math.MaxInt32 {
		return math.MaxInt32
	}
	return max(1, int(limit.Cur)-spareDescriptors)
}

func newAdmission(b *engine.Broker, o Options) *admission {
	a := &admission{broker: b, most: o.MaxConnections, perPeer: o.PeerConnections, rate: o.ConnectRate}
	a.mu.visitors = make(map[engine.Identity]*visitor)
	a.mu.sweepAt = firstSweep
	return a
}

// crowdedError is why accepting pauses: a place among handshakes is soon free.
type crowdedError struct{}

func (crowdedError) Error() string { return "too many connections in their handshake" }

// room tells why no connection may be accepted now.
func (a *admission) room() error {
	coming := int(a.coming.Load())
	if n := a.broker.Connections() + coming + int(a.guests.Load()); n >= a.most {
		return fmt.Errorf("there are %d connections", n)
	}
	if !a.broker.RoomForHandshake(coming) {
		return crowdedError{}
	}
	return nil
}

// enter takes in a connection of a peer, whom it gives for leave: nil if peers are
// not counted. Or it says why not.
func (a *admission) enter(who engine.Identity) (v *visitor, why engine.Refusal, ok bool) {
	if a.perPeer == 0 && a.rate == 0 {
		return nil, 0, true
	}
	now := time.Now()
	who.Credential = ""
	a.mu.Lock()
	defer a.mu.Unlock()
	v = a.mu.visitors[who]
	if v == nil {
		a.sweepLocked(now)
		v = new(visitor)
		if a.rate > 0 {
			v.rate = rate.NewLimiter(rate.Limit(a.rate), a.rate)
		}
		a.mu.visitors[who] = v
	}
	switch {
	case v.rate != nil && !v.rate.AllowN(now, 1):
		return nil, engine.RefusedConnectRate, false
	case a.perPeer > 0 && v.connections >= a.perPeer:
		return nil, engine.RefusedPeerLimit, false
	}
	v.connections++
	return v, 0, true
}

// sweepLocked forgets visitors that have no connection and may come as often as
// anybody.
func (a *admission) sweepLocked(now time.Time) {
	if len(a.mu.visitors) < a.mu.sweepAt {
		return
	}
	for who, v := range a.mu.visitors {
		if v.connections == 0 && (v.rate == nil || v.rate.TokensAt(now) >= float64(a.rate)) {
			delete(a.mu.visitors, who)
		}
	}
	a.mu.sweepAt = max(firstSweep, 2*len(a.mu.visitors))
}

// leave takes note that a connection of v is over.
func (a *admission) leave(v *visitor) {
	a.mu.Lock()
	defer a.mu.Unlock()
	v.connections--
}
