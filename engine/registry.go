package engine

import (
	"sync"
	"sync/atomic"

	"github.com/busrt-go/busrt/codec"
)

// registry is the control plane of names. Look-ups by full name do not come
// here: they read Broker.names, which is written under the same lock.
type registry struct {
	mu         sync.Mutex
	tree       names[*peer]         // for masks; guarded by mu
	generation atomic.Uint64        // bumped after each change of the tree
	locals     map[*Client]struct{} // who is registered in-process; guarded by mu
	inProcess  atomic.Int64         // how many those are; written under mu
	departed   departed             // guarded by mu
}

// register gives p its name [BUSRT-H4] [BUSRT-H9] [BUSRT-H10]. A name whose
// holder may have left without the broker's knowledge gives Busy together with
// the holder: the caller has that looked into, and asks again with probed set
// [BUSRT-H11].
func (b *Broker) register(p *peer, probed bool) (code codec.Status, holder *peer) {
	r := &b.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	var primary *peer
	if p.isSecondary() {
		primary, _ = b.names.Load(p.primary)
		if primary == nil {
			return codec.NotRegistered, nil
		}
		if primary.identity() != p.identity() {
			return codec.AccessDenied, nil
		}
	}
	old, taken := b.names.Load(p.name)
	switch {
	case !taken:
	case b.options.ForceRegister && primary == nil && old.session != nil:
		b.options.Logger.Warn("disconnecting previous instance", "name", p.name)
		b.dropLocked(old, reasonReplaced)
	case !probed && old.session != nil:
		return codec.Busy, old
	default:
		return codec.Busy, nil
	}
	b.names.Store(p.name, p)
	if p.local != nil {
		r.locals[p.local] = struct{}{}
		r.inProcess.Add(1)
	}
	r.tree.insert(p.name, p)
	r.generation.Add(1)
	if primary == nil {
		b.announcements.queue(announcement{event: codec.EventReg, name: p.name})
	} else {
		if primary.secondaries == nil {
			primary.secondaries = make(map[string]*peer)
		}
		primary.secondaries[p.name] = p
	}
	return codec.OK, nil
}

// unregister releases p's name, if it is still p's, and takes its secondaries
// with it [BUSRT-O14]. From here on nobody routes to p. Any goroutine.
func (b *Broker) unregister(p *peer, why reason) {
	b.registry.mu.Lock()
	defer b.registry.mu.Unlock()
	if held, ok := b.names.Load(p.name); !ok || held != p {
		return
	}
	b.dropLocked(p, why)
	if !p.isSecondary() {
		b.announcements.queue(announcement{event: codec.EventUnreg, name: p.name})
	}
}

// dropLocked removes p, which is registered, and ends it and its secondaries.
func (b *Broker) dropLocked(p *peer, why reason) {
	b.names.Delete(p.name)
	b.registry.tree.remove(p.name)
	b.registry.generation.Add(1)
	p.shut(why)
	p.demandEnd(why)
	b.registry.departed.note(p, why)
	if p.local != nil {
		delete(b.registry.locals, p.local)
		b.totals.add(&p.traffic)
		b.registry.inProcess.Add(-1) // last: stats relies on it
	}
	if p.isSecondary() {
		if primary, ok := b.names.Load(p.primary); ok {
			delete(primary.secondaries, p.name)
		}
		return
	}
	for _, s := range p.secondaries {
		b.dropLocked(s, reasonPrimaryGone)
	}
	p.secondaries = nil
}

// endLocals ends all in-process clients; what is queued for them can still be
// received. Any goroutine.
func (b *Broker) endLocals() {
	b.registry.mu.Lock()
	defer b.registry.mu.Unlock()
	for c := range b.registry.locals {
		b.dropLocked(&c.peer, reasonShutdown)
	}
}

// ForceDisconnect ends the connection of the client of that full name, and with
// a primary its secondaries [BUSRT-S4]. The name is free when it returns, nothing
// more is accepted from the client, and what is queued for it is still written,
// which a client that does not read cannot draw out [BUSRT-B7]. It may connect
// again, unless its entry in the [AAAMap] was changed before. The error is
// [codec.NotRegistered] if there is no such client, [codec.NotSupported] if it
// is one of this process.
func (b *Broker) ForceDisconnect(name string) error {
	p, ok := b.names.Load(name)
	switch {
	case !ok:
		return codec.NotRegistered
	case p.session == nil:
		return codec.NotSupported
	}
	b.unregister(p, reasonForced) // its own loop ends it, and announces that
	return nil
}

// match returns the peers whose full names the mask matches, the broker's own
// client last, so that a fan-out to sessions is a prefix of the slice.
func (r *registry) match(mask string) []*peer {
	r.mu.Lock()
	found := r.tree.match(mask, nil)
	r.mu.Unlock()
	last := len(found) - 1
	for i, p := range found {
		if p.isCore() {
			found[i], found[last] = found[last], found[i]
			break
		}
	}
	return found
}

// identity of a peer for [BUSRT-H9]: an in-process one has the broker's own.
func (p *peer) identity() Identity {
	if p.session == nil {
		return p.broker.identity
	}
	return p.session.info.Identity
}
