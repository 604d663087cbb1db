package engine

import (
	"context"
	"errors"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// guarded is a map with its listener's settings.
type guarded struct {
	*AAAMap
	settings Settings
}

// guard makes a map, of names and what they may do by turns.
func guard(t tester, entries ...any) *guarded {
	t.Helper()
	g := &guarded{AAAMap: NewAAAMap()}
	g.settings.AAA = g.AAAMap
	for i := 0; i < len(entries); i += 2 {
		if err := g.Set(entries[i].(string), entries[i+1].(Access)); err != nil {
			t.Fatalf("%v", err)
		}
	}
	return g
}

// by is the peer as it comes by the map's listener.
func (g *guarded) by(p Peer) Peer {
	p.Settings = &g.settings
	return p
}

// connectBy makes a client that comes by the map's listener.
func (b *bus) connectBy(g *guarded, name string) *client {
	b.Helper()
	c := b.askFor(0, name, g.by(local(1000)))
	c.say(nil, "\x01\x01")
	return c
}

// apply brings clients up to date, as another goroutine would.
func (b *bus) apply() {
	b.Helper()
	var err error
	done := make(chan struct{})
	go func() {
		defer b.woken.set()
		defer close(done)
		err = b.broker.ApplyAAA(b.Context())
	}()
	b.await("ApplyAAA", func() bool {
		select {
		case <-done:
			return true
		default:
			return false
		}
	})
	if err != nil {
		b.Errorf("ApplyAAA: %v", err)
	}
}

func TestAAAMap(t *testing.T) {
	var m AAAMap
	if _, ok := m.Get("a"); ok || m.Delete("a") || len(m.Names()) != 0 {
		t.Error("an empty map has something in it")
	}
	for _, name := range []string{"b", "a", strings.Repeat("n", 300), "a." + strings.Repeat(".", 40)} {
		if err := m.Set(name, FullAccess()); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	if got := m.Names()[2:]; !slices.Equal(got, []string{"b", strings.Repeat("n", 300)}) {
		t.Errorf("names %q", got)
	}
	for _, name := range []string{"", ".broker", "a%%1", "%%1", "a*", "?", "#", "a+b", "a\x00", "a\n", "\xFF"} {
		if err := m.Set(name, FullAccess()); err == nil {
			t.Errorf("%q was entered", name)
		}
	}
	for what, a := range map[string]Access{
		"host with a zone":      FullAccess().HostsAllow("fe80::1%eth0"),
		"host name":             FullAccess().HostsAllow("localhost"),
		"length of a prefix":    FullAccess().HostsAllow("10.0.0.0/33"),
		"no prefix":             FullAccess().PrefixesAllow(netip.Prefix{}),
		"empty host":            FullAccess().HostsAllow(""),
		"mask behind a rest":    FullAccess().MessageTo("a.*.b"),
		"topic behind a rest":   FullAccess().PublishTo("#/a"),
		"part of a segment":     FullAccess().MessageTo("worker*"),
		"wildcard of topics":    FullAccess().BroadcastTo("worker.#"),
		"NUL":                   FullAccess().PublishTo("a\x00b"),
		"not UTF-8":             FullAccess().SubscribeTo("\xFF"),
		"kept by later calls":   FullAccess().SubscribeTo("\xFF").SubscribeTo("a").DenyPublish(),
		"the second of several": FullAccess().SubscribeTo("a", "#/"),
		"limit":                 FullAccess().Limits(Settings{QueueFrames: -1}),
		"policy":                FullAccess().Slow(SlowDropNew + 1),
		"map in a map":          FullAccess().Limits(Settings{AAA: NewAAAMap()}),
	} {
		if err := m.Set("b", a); err == nil || !strings.HasPrefix(err.Error(), "busrt: ") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if a, ok := m.Get("b"); !ok || a.err != nil || !a.maySubscribe("#") {
		t.Error("a refused entry has changed the map")
	}
}

// Edits of a map concern new connections [BUSRT-S4], until they are applied.
func TestAAAMapEditedAndApplied(t *testing.T) {
	b := newBus(t, 2, Options{})
	b.apply() // nobody there
	free := b.connectOn(1, "free")
	free.subscribe("#")
	g := guard(b, "a", FullAccess(), "b", FullAccess(), "c", FullAccess().HostsAllow("10.0.0.0/8"), "same", FullAccess())
	a, gone, far := b.connectBy(g, "a"), b.connectBy(g, "b"), b.askFor(1, "c", g.by(tcp("10.0.0.1")))
	far.say(nil, "\x01\x01")
	same, second := b.connectBy(g, "same"), b.connectBy(g, "b%%1")
	a.subscribe("x/+", "y", topicWarn)
	same.subscribe("x/#")
	free.got()

	for name, entry := range map[string]Access{"a": FullAccess().PublishTo("y").SubscribeTo("x/#"), "c": FullAccess().HostsAllow("11.0.0.0/8")} {
		if err := g.Set(name, entry); err != nil {
			t.Fatal(err)
		}
	}
	if !g.Delete("b") {
		t.Fatal("not deleted")
	}
	a.send(publish(1, "x/1", "old"))
	a.expect("publish a x/1: old", "ack 1 ok")
	same.expect("publish a x/1: old")
	b.askFor(0, "b%%2", g.by(local(1000))).say(nil, "\x01\x79") // new ones have the new
	free.expect("publish a x/1: old")

	b.apply()
	gone.expectEnd(false)
	second.expectEnd(false)
	far.expectEnd(false)
	if got := free.got(); len(got) != 2 || !slices.Contains(got, "publish .broker .broker/info: unreg b") || !slices.Contains(got, "publish .broker .broker/info: unreg c") {
		t.Errorf("announced %q", got)
	}
	a.send(publish(2, "x/1", "new"), list(3, codec.OpSubscribe, "y"))
	a.expect("ack 2 access denied", "ack 3 access denied", "ack 3 ok")
	free.send(publish(0, "x/1", "1"), publish(0, "y", "2"))
	a.expect("publish free x/1: 1") // x/+ it still has
	same.expect("publish free x/1: 1")
	if n := b.broker.ended[reasonUnlisted].Load() + b.broker.ended[reasonPrimaryGone].Load(); n != 3 || b.broker.ended[reasonOrigin].Load() != 1 {
		t.Errorf("%d ended as they are not listed any more", n)
	}
}

// Who waits for a name while it is taken from the map does not get it.
func TestApplyAAAInHandshake(t *testing.T) {
	b := newBus(t, 2, Options{})
	g := guard(b, "a", FullAccess())
	old := b.connectOn(1, "a")
	c := b.open(0, g.by(local(1000)))
	c.session.Received(hello("a")) // and loop 1, which has the holder, is not turned
	if c.session.state != stateProbing {
		t.Fatalf("state %d", c.session.state)
	}
	g.Delete("a")
	done := make(chan error)
	go func() { done <- b.broker.ApplyAAA(t.Context()) }()
	b.loops[1].shard.awaitReview()
	b.loops[0].turn()
	if got := string(c.take()); got != "\x01\x79" {
		t.Errorf("answered % X", got)
	}
	c.expectEnd(false)
	if err := <-done; err != nil {
		t.Error(err)
	}
	old.send(message(1, "a", "still here"))
	old.expect("message a: still here", "ack 1 ok")
}

// awaitReview returns when the shard has been asked.
func (sh *Shard) awaitReview() {
	for !sh.reviews.wanted.Load() {
		runtime.Gosched()
	}
}

// ApplyAAA gives up with its context; a loop that ends meanwhile does not hold
// it up, nor does one that has ended.
func TestApplyAAAEnds(t *testing.T) {
	b := newBus(t, 1, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.broker.ApplyAAA(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	b.run()
	sh := b.broker.NewShard(func() {})
	done := make(chan error)
	go func() { done <- b.broker.ApplyAAA(t.Context()) }()
	sh.awaitReview() // the later of the two
	b.run()
	sh.Close()
	if err := <-done; err != nil {
		t.Errorf("%v", err)
	}
	if sh.reviews.ask(nil) {
		t.Error("a shard that has ended takes questions")
	}
}
