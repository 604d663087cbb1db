package engine

import (
	"net/netip"
	"testing"
)

// askFor sends a greeting and hello on a new connection, of the given loop,
// and does not turn the loops.
func (b *bus) askFor(loop int, name string, info Peer) *client {
	b.Helper()
	c := b.open(loop, info)
	c.name = name
	c.send(hello(name))
	return c
}

// The name of a holder whose peer has closed is free for the newcomer, after
// what the holder had sent was routed [BUSRT-H11].
func TestTakenNameOfOneWhoLeft(t *testing.T) {
	for _, tt := range []struct {
		name         string
		holder, next int // loops
	}{{"same loop", 0, 0}, {"other loop", 0, 1}, {"other loop, asked first", 1, 0}} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBus(t, 2, Options{})
			watcher := b.connect("watcher")
			watcher.subscribe("#")
			old := b.connectOn(tt.holder, "alice")
			watcher.expect(info("reg", "alice"))
			old.send(message(0, "watcher", "last words"))
			old.hangUp()
			next := b.askFor(tt.next, "alice", local(1000))
			next.say(nil, "\x01\x01")
			watcher.expect("message alice: last words", info("unreg", "alice"), info("reg", "alice"))
			old.expectEnd(false)
			watcher.send(message(1, "alice", "hi"))
			next.expect("message watcher: hi")
			watcher.expect("ack 1 ok")
		})
	}
}

// The holder's peer may have closed although the loop has not seen an event of
// it yet, and although the holder is paused [BUSRT-H11].
func TestTakenNameOfOneWhoLeftPaused(t *testing.T) {
	b := newBus(t, 1, Options{QueueFrames: 8})
	watcher := b.connect("watcher")
	watcher.subscribe("last/#")
	slow := b.connect("slow")
	slow.fits(0)
	old := b.connect("alice")
	for range 5 { // the fifth is above half of the queue
		old.send(message(0, "slow", "x"))
	}
	old.send(message(0, "slow", "x"), publish(0, "last/words", "kept back")) // and would pause again
	b.run()
	if old.session.paused != pauseFlow {
		t.Fatalf("paused for %b, want a pause of flow control", old.session.paused)
	}
	watcher.expect()
	old.send(publish(0, "last/word", "unread"))
	old.hangUp()
	b.run()
	if old.closed {
		t.Fatal("a paused session was read")
	}
	b.askFor(0, "alice", local(1000)).say(nil, "\x01\x01")
	watcher.expect("publish alice last/words: kept back", "publish alice last/word: unread")
	old.expectEnd(false)
}

// A transport may read by itself. Then the newcomer is answered when that has
// come to the end, and not before [BUSRT-H11].
//
// Mutant it fails with: probe that answers in any case.
func TestTakenNameOfOneWhoIsReadLater(t *testing.T) {
	for holder := range 2 {
		b := newBus(t, 2, Options{})
		watcher := b.connect("watcher")
		old := b.connectOn(holder, "alice")
		old.byItself, old.chunk = true, 5
		old.send(message(0, "watcher", "last"), message(0, "watcher", "words"))
		old.hangUp()
		b.askFor(1-holder, "alice", local(1000)).say(nil, "\x01\x01")
		watcher.expect("message alice: last", "message alice: words")
		old.expectEnd(false)
	}
}

// A holder that is there keeps its name, however often it is asked for.
func TestTakenNameOfOneWhoStays(t *testing.T) {
	b := newBus(t, 2, Options{})
	alice := b.connect("alice")
	for i := range 4 {
		c := b.askFor(i%2, "alice", local(1000))
		c.say(nil, "\x01\x76")
		c.expectEnd(false)
	}
	alice.send(message(1, "alice", "still here"))
	alice.expect("message alice: still here", "ack 1 ok")
}

// Of several who wait for the name of one who left, one gets it [BUSRT-H11].
func TestTakenNameSeveralNewcomers(t *testing.T) {
	b := newBus(t, 3, Options{})
	old := b.connect("alice")
	old.hangUp()
	var answers string
	var newcomers []*client
	for i := range 3 {
		newcomers = append(newcomers, b.askFor(i, "alice", local(1000)))
	}
	b.run()
	for _, c := range newcomers {
		answers += string(c.take())
	}
	if want := "\x01\x01\x01\x76\x01\x76"; len(answers) != len(want) || count(answers, "\x76") != 2 {
		t.Errorf("answers % X", answers)
	}
}

func count(s, b string) (n int) {
	for i := range s {
		if s[i] == b[0] {
			n++
		}
	}
	return n
}

// A newcomer that goes while the holder is looked at leaves nothing behind, and
// so does one that sends on meanwhile.
func TestTakenNameNewcomerGoes(t *testing.T) {
	for _, how := range []string{"abort", "sends on"} {
		b := newBus(t, 2, Options{})
		alice := b.connectOn(1, "alice")
		c := b.askFor(0, "alice", local(1000))
		b.loops[0].turn() // reads the hello; the holder's loop has not looked yet
		if c.session.state != stateProbing {
			t.Fatalf("state %d", c.session.state)
		}
		if how == "abort" {
			c.session.Abort()
			c.expectEnd(true)
		} else {
			alice.hangUp()
			c.session.Received(message(1, "alice", "early"))
			c.say(nil, "\x01\x01\x12\x0B\x00\x00\x00\x00alice\x00early\xFE\x01\x00\x00\x00\x01")
		}
	}
}

func TestForceRegister(t *testing.T) {
	for _, loop := range []int{0, 1} {
		b := newBus(t, 2, Options{ForceRegister: true})
		watcher := b.connect("watcher")
		watcher.subscribe(topicInfo, "news")
		old := b.connect("alice")
		old.subscribe("news")
		second := b.connectOn(1, "alice%%1")
		watcher.expect(info("reg", "alice"))

		next := b.connectOn(loop, "alice") // [BUSRT-H10]
		watcher.expect(info("reg", "alice"))
		old.expectEnd(false)
		second.expectEnd(false) // [BUSRT-O14]
		watcher.send(publish(0, "news", "inherited?"), message(1, "alice", "hi"), message(2, "alice%%1", "hi"))
		watcher.expect("publish watcher news: inherited?", "ack 1 ok", "ack 2 not registered")
		next.expect("message watcher: hi")

		// The end of the old connection has not taken the name along.
		next.leave()
		watcher.expect(info("unreg", "alice"))
	}
}

// Secondaries are never forced [BUSRT-H10].
func TestForceRegisterSecondary(t *testing.T) {
	b := newBus(t, 1, Options{ForceRegister: true})
	b.connect("alice")
	second := b.connect("alice%%1")
	b.askFor(0, "alice%%1", local(1000)).say(nil, "\x01\x76")
	if second.closed {
		t.Error("the first secondary was disconnected")
	}
}

// What is queued for a connection whose name was taken over is still written.
func TestForceRegisterDrains(t *testing.T) {
	b := newBus(t, 1, Options{ForceRegister: true})
	old := b.connect("alice")
	old.fits(3)
	b.connect("bob").send(message(0, "alice", "before"))
	b.run()
	next := b.connect("alice")
	if old.closed {
		t.Fatal("closed with frames queued")
	}
	old.fits(socketBuffer)
	old.expect("message bob: before")
	old.expectEnd(false)
	next.expect()
}

func tcp(addr string) Peer {
	return Peer{Kind: KindTCP, Identity: Identity{Addr: netip.MustParseAddr(addr)}, Source: addr + ":1234", Port: &bindPath}
}

// Only a peer of the same identity may add a secondary [BUSRT-H9].
func TestSecondaryIdentity(t *testing.T) {
	tests := []struct {
		name               string
		primary, secondary Peer
		want               string
	}{
		{"same user", local(1000), local(1000), "\x01\x01"},
		{"another user", local(1000), local(1001), "\x01\x79"},
		{"root is no exception", local(1000), local(0), "\x01\x79"},
		{"same address", tcp("10.0.0.1"), tcp("10.0.0.1"), "\x01\x01"},
		{"another address", tcp("10.0.0.1"), tcp("10.0.0.2"), "\x01\x79"},
		{"unix and TCP", local(0), tcp("10.0.0.1"), "\x01\x79"},
		{"TCP and unix", tcp("10.0.0.1"), local(0), "\x01\x79"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBus(t, 1, Options{})
			b.askFor(0, "alice", tt.primary).say(nil, "\x01\x01")
			b.askFor(0, "alice%%1", tt.secondary).say(nil, tt.want)
		})
	}
}

// The order of the checks: 71 before 79 before 76 [BUSRT-H9].
func TestSecondaryOrderOfChecks(t *testing.T) {
	b := newBus(t, 1, Options{})
	b.askFor(0, "alice%%1", local(1)).say(nil, "\x01\x71")
	alice := b.connect("alice")
	b.connect("alice%%1")
	b.askFor(0, "alice%%1", local(1)).say(nil, "\x01\x79")
	b.askFor(0, "alice%%1", local(1000)).say(nil, "\x01\x76")
	b.connect("alice%%b%%c") // the text before the first %% is the primary [BUSRT-H6]
	alice.leave()
	b.askFor(0, "alice%%1", local(1000)).say(nil, "\x01\x71")
}

// Secondaries are clients of their own, come and go without an announcement,
// and go with their primary [BUSRT-O14].
func TestSecondaries(t *testing.T) {
	b := newBus(t, 2, Options{})
	watcher := b.connect("watcher")
	watcher.subscribe(topicInfo)
	alice := b.connect("alice")
	one, two := b.connectOn(0, "alice%%1"), b.connectOn(1, "alice%%2")
	watcher.expect(info("reg", "alice"))

	watcher.send(message(1, "alice%%2", "hi"), broadcast(2, "alice%%2", "all"))
	two.expect("message watcher: hi", "broadcast watcher: all")
	watcher.expect("ack 1 ok", "ack 2 ok")
	one.send(message(3, "watcher", "ho"))
	one.expect("ack 3 ok")
	watcher.expect("message alice%%1: ho") // [BUSRT-B5]

	one.leave()
	watcher.send(message(4, "alice%%1", "gone"))
	watcher.expect("ack 4 not registered")
	one = b.connect("alice%%1") // its name is free again

	alice.leave()
	one.expectEnd(false)
	two.expectEnd(false)
	watcher.expect(info("unreg", "alice"))
	b.connect("alice")
	watcher.expect(info("reg", "alice"))
}
