package listeners

import (
	"slices"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// TestLag: a loop, or the strand, that is held up shows, and so does that it goes
// on again.
//
// Mutant it fails with: Lag without the strand.
func TestLag(t *testing.T) {
	b := serve(t, networkUnix, engine.Options{}, Options{Loops: 2})
	below := func(d time.Duration) func() bool { return func() bool { return b.Lag() < d } }
	const held = 5 * engine.TickInterval
	for name, hold := range map[string]func(until <-chan struct{}){
		"loop":   func(until <-chan struct{}) { b.loops[1].post(func() { <-until }) },
		"strand": func(until <-chan struct{}) { go func() { b.strand.mu.Lock(); <-until; b.strand.mu.Unlock() }() },
	} {
		until := make(chan struct{})
		hold(until)
		eventually(t, name+" held up", func() bool { return b.Lag() > held })
		close(until)
		eventually(t, name+" goes on", below(held))
	}
}

// TestAdjust: other settings are those of the next connections. [BUSRT-F8]
// [BUSRT-S4]
func TestAdjust(t *testing.T) {
	for _, network := range []string{networkUnix, networkTCP, networkWS} {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{}, Options{Loops: 1})
			before := connect(t, b.at, "before")
			m := engine.NewAAAMap()
			check(t, m.Set("after", engine.FullAccess()))
			clients := b.broker.Clients()
			bind := *clients[slices.IndexFunc(clients, func(c engine.ClientInfo) bool { return c.Name == "before" })].Port
			check(t, b.Adjust(bind, ListenOptions{AAA: m}))
			if code := dial(t, b.at).hello("other"); code != codec.AccessDenied {
				t.Errorf("a name that is not in the new map gets %v", code)
			}
			after := connect(t, b.at, "after")
			before.message("after", "still here")
			after.got(codec.KindMessage, "before", "", "still here")
			if err := b.Adjust(bind, ListenOptions{MaxFrame: -1}); err == nil {
				t.Error("nonsense is taken")
			}
			if err := b.Adjust("elsewhere.sock", ListenOptions{}); err == nil {
				t.Error("an address that is not there is taken")
			}
		})
	}
}
