package engine

import (
	"sync"
	"testing"
	"time"
)

// Whoever watches a broker takes no lock that a loop may wait for: its counters,
// and the list of its clients, can be read while somebody holds them all.
//
// Mutants it fails with: the registry's lock, or that of the sessions, in what is read.
func TestWatchingWaitsForNobody(t *testing.T) {
	b := newBareBus(t, 1, Options{})
	b.connect("alice").send(message(0, "bob", "12345"))
	b.connect("alice%%1")
	b.connect("bob")
	b.run()
	k := b.broker
	var stats Stats
	var clients []ClientInfo
	for name, watch := range map[string]func(){
		"Stats":       func() { stats = k.Stats() },
		"Clients":     func() { clients = k.Clients() },
		"Connections": func() { _ = k.Connections() },
	} {
		done := make(chan struct{})
		var waits bool
		func() {
			for _, l := range []sync.Locker{&k.registry.mu, &k.sessions.mu, &k.topics.mu, &k.announcements.mu, &k.shards, &k.notices} {
				l.Lock()
				defer l.Unlock()
			}
			go func() {
				defer close(done)
				watch()
			}()
			select {
			case <-done:
			case <-time.After(patience):
				waits = true
			}
		}()
		if <-done; waits {
			t.Errorf("%s waits for a lock", name)
		}
	}
	if stats.Connections != 3 || stats.InProcess != 0 || stats.RFrames != 1 {
		t.Errorf("they say %+v", stats)
	}
	if len(clients) != 2 || clients[0].Name != "alice" || clients[0].Instances != 2 {
		t.Errorf("they say %+v", clients)
	}
}
