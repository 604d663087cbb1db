package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/busrt-go/busrt/codec"
)

// AAAMap says who may connect and what they may do: primary names, each with an
// [Access]; a name that is not in it cannot be taken. Secondary clients have the
// access of their primary name [BUSRT-S1]. A map is given to listeners, in
// [Settings]; several listeners may share one, and brokers too.
//
// It may be changed at any time, by any goroutine. Clients have what the map
// said when they connected [BUSRT-S4]; [Broker.ApplyAAA] brings them up to date.
//
// The zero value is empty and ready: nobody may connect.
type AAAMap struct {
	mu struct {
		sync.RWMutex
		entries map[string]*Access // each immutable: sessions hold them
	}
}

// NewAAAMap makes an empty map.
func NewAAAMap() *AAAMap { return new(AAAMap) }

// Set enters a name, or replaces what it may do. An error leaves the map as it
// was: the name is one that no client can have as its primary name, or the
// Access was made with a mask or a network that is none, or limits that cannot
// work.
func (m *AAAMap) Set(name string, a Access) error {
	if code, text := anyName.Check([]byte(name)); !text || code != codec.OK || strings.Contains(name, codec.SecondarySeparator) {
		return fmt.Errorf("busrt: %q is not the primary name of a client", name)
	}
	if err := cmp.Or(a.err, a.own.Validate()); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mu.entries == nil {
		m.mu.entries = make(map[string]*Access)
	}
	m.mu.entries[strings.Clone(name)] = &a
	return nil
}

// anyName has limits that no hello exceeds: those of the broker may be as wide.
var anyName = codec.NameLimits{MaxLen: maxName, MaxDots: maxName}

// Delete takes a name out; false if it was not there.
func (m *AAAMap) Delete(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.mu.entries[name]
	delete(m.mu.entries, name)
	return ok
}

// Get gives what a name may do, to be changed and set again, say.
func (m *AAAMap) Get(name string) (a Access, ok bool) {
	if entry := m.entry(name); entry != nil {
		return *entry, true
	}
	return Access{}, false
}

// Names are those in the map, sorted. The slice is the caller's.
func (m *AAAMap) Names() []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return slices.Sorted(maps.Keys(m.mu.entries))
}

// entry is nil for a name that is not there.
func (m *AAAMap) entry(name string) *Access {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.mu.entries[name]
}

// ApplyAAA has the clients that are connected judged by the maps of their
// listeners as they are now, which else concerns new connections only
// [BUSRT-S4]. A client whose name is gone, or that may no longer come from where
// it is, is disconnected after what is queued for it was written; of the
// others, subscriptions that are no longer allowed end, without a word to the
// client. It returns nil when that is done: frames are then judged by the new
// entries only. No client can make it wait. It waits for each event loop to come
// by, so loops must not call it; if ctx ends first, its error is returned, and
// the rest is done nevertheless.
func (b *Broker) ApplyAAA(ctx context.Context) error {
	done := make(chan struct{}, maxShards) // never full: a shard sends once
	pending := 0
	for i := range b.shards.at {
		if sh := b.shards.at[i].Load(); sh != nil && sh.reviews.ask(done) {
			sh.wake()
			pending++
		}
	}
	for ; pending > 0; pending-- {
		select {
		case <-done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// reviews is who waits for a shard to judge its sessions anew.
type reviews struct {
	wanted atomic.Bool // a cheap look for each Attend

	mu struct {
		sync.Mutex
		waiting []chan<- struct{}
		closed  bool
	}
}

// ask has the next Attend judge, and then send to done; false if the shard has
// ended. Any goroutine.
func (r *reviews) ask(done chan<- struct{}) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mu.closed {
		return false
	}
	r.mu.waiting = append(r.mu.waiting, done)
	r.wanted.Swap(true)
	return true
}

// take gives who is to be told once what they wait for is done; closed: there
// will be nobody any more.
func (r *reviews) take(closed bool) []chan<- struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	waiting := r.mu.waiting
	r.mu.waiting, r.mu.closed = nil, closed
	r.wanted.Swap(false)
	return waiting
}

// review judges all sessions of the shard anew. Loop only.
func (sh *Shard) review() {
	waiting := sh.reviews.take(false)
	sh.wheel.each((*Session).review)
	for _, done := range waiting {
		done <- struct{}{}
	}
}

// closeReviews releases who waits for a shard that ends. Loop only.
func (sh *Shard) closeReviews() {
	for _, done := range sh.reviews.take(true) {
		done <- struct{}{}
	}
}

// judge asks what the peer may do under the session's name [BUSRT-S1]
// [BUSRT-S2]: nil is everything. A reason other than reasonNone says why it may
// not have the name.
func (s *Session) judge() (*Access, reason) {
	if names := s.info.Names; names != nil && !slices.Contains(names, s.primary) {
		return nil, reasonCredential
	}
	if s.info.Settings == nil || s.info.Settings.AAA == nil {
		return nil, reasonNone
	}
	a := s.info.Settings.AAA.entry(s.primary)
	switch {
	case a == nil:
		return nil, reasonUnlisted
	case !a.admits(&s.info):
		return nil, reasonOrigin
	}
	return a, reasonNone
}

// review judges the session by its listener's map as it is now. Loop only.
func (s *Session) review() {
	if s.name == "" || s.state > stateLive {
		return
	}
	access, why := s.judge()
	switch {
	case why != reasonNone && s.state < stateLive:
		s.refuse(codec.AccessDenied, why)
		return
	case why != reasonNone:
		s.end(why)
		return
	case access == s.access: // entries do not change
		return
	}
	s.access = access
	for topic := range s.subscriptions {
		if !access.maySubscribe(topic) {
			s.unsubscribe(&s.peer, bytesOf(topic))
		}
	}
}
