package engine

import (
	"sync/atomic"

	"github.com/busrt-go/busrt/codec"
)

// peer is what routing sees of a receiver. Its address is its identity: a
// successor under the same name is another peer.
type peer struct {
	id      uint64 // distinct for each peer of a broker, for hashing
	name    string // full name [BUSRT-B5]; set before the peer is registered
	primary string // the text before the first %% [BUSRT-H6]
	broker  *Broker
	session *Session // of a connection
	local   *Client  // of an in-process client; without either it is the broker's own
	limits  *limits
	out     outbox
	traffic traffic

	excluded atomic.Pointer[exclusions] // nil if there are none
	deaf     atomic.Bool                // unsubscribed from .broker/warn [BUSRT-O9]

	secondaries map[string]*peer // guarded by registry.mu
}

// isCore tells whether p is the broker's own client.
func (p *peer) isCore() bool { return p.session == nil && p.local == nil }

// demandEnd has p ended, whose name is not its own any more. Any goroutine.
func (p *peer) demandEnd(why reason) {
	switch {
	case p.session != nil:
		p.session.post(wishEnd)
	case p.local != nil:
		p.local.end(&codec.DisconnectedError{Cause: why})
	}
}

func (p *peer) isSecondary() bool { return len(p.primary) != len(p.name) }
