package engine

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tester is what a bus needs of a test, a benchmark, or a property of rapid.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(f func())
	Context() context.Context
}

// bus is a broker whose event loops a test turns by hand, so that each run is
// the same. Its clients (client_test.go) speak through connections in memory
// (wire_test.go). At the end of the test nothing may be left of them.
type bus struct {
	tester
	broker  *Broker
	loops   []*loop
	before  goleak.Option // the goroutines that were there
	serving bool          // the loops are goroutines
	woken   signal        // some loop was notified, or await is to look again
}

// loop is an event loop: hand-driven, or a goroutine (serve_test.go).
type loop struct {
	bus      *bus
	shard    *Shard
	wires    []*wire
	notified atomic.Bool

	// For a loop that is a goroutine.
	look  signal // something has changed
	tasks chan func()
}

// newBus makes a broker with its core RPC.
func newBus(t tester, loops int, o Options) *bus {
	b := newBareBus(t, loops, o)
	b.broker.InitCoreRPC()
	return b
}

// newBareBus makes a broker without its own client.
func newBareBus(t tester, loops int, o Options) *bus {
	t.Helper()
	broker, err := New(o)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	b := &bus{tester: t, broker: broker, before: goleak.IgnoreCurrent(), woken: newSignal()}
	for range loops {
		l := &loop{bus: b, look: newSignal()}
		l.shard = broker.NewShard(l.notify)
		b.loops = append(b.loops, l)
	}
	t.Cleanup(b.finish)
	return b
}

func (l *loop) notify() {
	if l.notified.Swap(true) {
		l.bus.Errorf("a second wake while one is under way")
	}
	l.bus.woken.set()
	l.look.set()
}

// maxTurns is far more than any test needs to come to rest.
const maxTurns = 100_000

// run turns the loops until there is nothing left to do for them.
func (b *bus) run() {
	b.Helper()
	for range maxTurns {
		busy := false
		for _, l := range b.loops {
			busy = l.turn() || busy
		}
		if !busy {
			return
		}
	}
	b.Fatalf("the loops do not come to rest")
}

// turn is one round of a loop: what other goroutines asked for, then what its
// sockets are ready for.
func (l *loop) turn() (busy bool) {
	if l.notified.Swap(false) {
		l.shard.Attend()
		l.mustBeFlushed()
		busy = true
	}
	for _, w := range slices.Clone(l.wires) {
		if w.event() {
			l.shard.Flush()
			l.mustBeFlushed()
			busy = true
		}
	}
	l.wires = slices.DeleteFunc(l.wires, func(w *wire) bool { return w.session.Closed() })
	return busy
}

// pass lets d pass, in a bubble of synctest, with the ticks that the shards
// want, and turns the loops after each.
func (b *bus) pass(d time.Duration) {
	b.Helper()
	b.run()
	for d > 0 {
		step := TickInterval
		for _, l := range b.loops {
			if l.shard.Hurried() {
				step = FastTickInterval
			}
		}
		step = min(step, d)
		d -= step
		<-time.After(step)
		for _, l := range b.loops {
			l.shard.Tick(time.Now())
			l.mustBeFlushed()
		}
		b.run()
	}
}

// patience is how long a test waits for another goroutine: longer than the
// slowest machine takes.
const patience = 30 * time.Second

// await turns the loops until done, which other goroutines bring about.
func (b *bus) await(what string, done func() bool) {
	b.Helper()
	b.run()
	late := time.After(patience)
	for !done() {
		select {
		case <-b.woken:
			b.run()
		case <-late:
			b.Fatalf("waited in vain for %s", what)
		}
	}
}

// mustBeFlushed fails unless the loop's staging is as it is between events.
func (l *loop) mustBeFlushed() {
	l.bus.Helper()
	mustBeEmpty(l.bus, &l.shard.staging)
}

func mustBeEmpty(t tester, st *staging) {
	t.Helper()
	if len(st.entries) != 0 || st.index.used != 0 || st.group.frames != 0 || st.group.receivers != nil {
		t.Errorf("staged after the event: %d entries, a group of %d frames", len(st.entries), st.group.frames)
	}
	if len(st.held) != 0 || st.self != nil || st.tally != (tally{}) {
		t.Errorf("after the event: held %v, sender %v, tally %v", st.held, st.self, st.tally)
	}
}

// finish ends all clients, and fails unless everything of them is gone.
func (b *bus) finish() {
	b.Helper()
	if b.serving {
		b.Errorf("the loops go on")
		return
	}
	for _, l := range b.loops {
		for _, w := range l.wires {
			w.hangUp()
		}
	}
	b.run()
	for _, l := range b.loops {
		wires := l.wires
		l.shard.Close() // what is paused, or drains
		for _, w := range wires {
			if !w.session.Closed() || !w.closed || w.session.rest != nil || !w.session.out.ring.Empty() {
				b.Errorf("something is left of %q: state %d, transport closed %t, rest %v",
					w.session.name, w.session.state, w.closed, w.session.rest)
			}
		}
		if n := len(l.shard.paused) + l.shard.Sessions(); n != 0 || !l.shard.mail.Empty() && !l.notified.Load() {
			b.Errorf("a loop is left with %d sessions or pauses", n)
		}
		l.mustBeFlushed()
	}
	b.mustBeDeserted()
	if err := goleak.Find(b.before); err != nil {
		b.Errorf("%v", err)
	}
}

// mustBeDeserted fails unless the broker knows no client but its own.
func (b *bus) mustBeDeserted() {
	b.Helper()
	k := b.broker
	if k.sessions.number() != 0 {
		b.Errorf("%d sessions are left", k.sessions.number())
	}
	k.names.Range(func(name string, p *peer) bool {
		if p != k.core {
			b.Errorf("the name %q is left", name)
		}
		return true
	})
	k.registry.tree.remove(coreName)
	if left := k.registry.tree.match(maskSyntax.rest, nil); len(left) != 0 || k.registry.tree.root.children != nil {
		b.Errorf("%d names are left for masks", len(left))
	}
	if n := k.topics.edges.Size(); n != 0 || !k.topics.root.empty() {
		b.Errorf("subscriptions are left: %d edges", n)
	}
	if n := k.InUse(); n != 0 {
		b.Errorf("%d bytes of segments are in use", n)
	}
	if n := k.sessions.mu.handshakes; n != 0 || k.sessions.mu.oldest != nil || k.sessions.mu.newest != nil {
		b.Errorf("%d handshakes are left", n)
	}
	if q := &k.announcements; q.pending.Load() || q.mu.busy || len(q.mu.queue) != 0 {
		b.Errorf("announcements are left: %d", len(q.mu.queue))
	}
}
