package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// slowSources are where the policy of a receiver may come from, each over the
// ones before it.
var slowSources = []struct {
	name string
	bus  func(t *testing.T, p SlowPolicy, o Options) (b *bus, slow *client)
}{
	{"broker", func(t *testing.T, p SlowPolicy, o Options) (*bus, *client) {
		o.Slow = p
		b := newBus(t, 2, o)
		return b, b.connectOn(1, "slow")
	}},
	{"listener", func(t *testing.T, p SlowPolicy, o Options) (*bus, *client) {
		o.Slow = SlowPause
		b := newBus(t, 2, o)
		c := b.askFor(1, "slow", with(Settings{Slow: p}))
		c.say(nil, "\x01\x01")
		return b, c
	}},
	{"access", func(t *testing.T, p SlowPolicy, o Options) (*bus, *client) {
		g := guard(t, "slow", FullAccess().Slow(p))
		g.settings.Slow = SlowPause
		b := newBus(t, 2, o)
		c := b.askFor(1, "slow", g.by(local(1000)))
		c.say(nil, "\x01\x01")
		return b, c
	}},
	{"limits", func(t *testing.T, p SlowPolicy, o Options) (*bus, *client) {
		b := newBus(t, 2, o)
		c := b.askFor(1, "slow", guard(t, "slow", FullAccess().Limits(Settings{Slow: p})).by(local(1000)))
		c.say(nil, "\x01\x01")
		return b, c
	}},
}

// What becomes of a receiver at limit - 1, limit and limit + 1, by its policy:
// pause holds the sender back, disconnect and drop-new never do, and whoever
// reads gets everything at once.
//
// Mutants it fails with: newLimits that keeps its marks for a policy; refused
// that always cuts off.
func TestSlowPolicies(t *testing.T) {
	const limit = 10
	for _, source := range slowSources {
		for _, policy := range []SlowPolicy{SlowPause, SlowDisconnect, SlowDropNew} {
			for _, way := range ways {
				t.Run(fmt.Sprint(source.name, " ", policy, " ", way.name), func(t *testing.T) {
					b, slow := source.bus(t, policy, Options{QueueFrames: limit})
					slow.subscribe("t")
					slow.fits(0)
					alice, reader := b.connect("alice"), b.connect("reader")
					reader.subscribe("t")
					if way.crowded {
						for i := range 3 {
							b.connect(fmt.Sprint("c", i)).subscribe("t")
						}
					}
					alice.got()
					for i := range limit + 2 {
						alice.send(way.send(fmt.Sprint(i)))
						b.run()
						if policy == SlowPause && i == limit/2 {
							alice.mustBePaused(true)
							return // what follows is that of TestFlow…
						}
						alice.mustBePaused(false)
						if gone := slow.session.state > stateLive; gone != (policy == SlowDisconnect && i >= limit) {
							t.Fatalf("frame %d: disconnected: %t", i, gone)
						}
					}
					want := slices.Repeat([]string{"ok"}, limit+2)
					if way.name == "message" {
						want[limit], want[limit+1] = "not delivered", "not delivered"
						if policy == SlowDisconnect {
							want[limit+1] = "not registered"
						}
					}
					for i, ack := range filter(alice.got(), "ack") {
						if ack != "ack 1 "+want[i] {
							t.Errorf("ack %d: %q, want %q", i, ack, want[i])
						}
					}
					lost := uint64(2)
					if policy == SlowDisconnect {
						lost = 1
					}
					if n := b.broker.dropped[reasonQueueFull].Load(); n != lost || slow.session.losses.frames.Load() != lost {
						t.Errorf("%d lost, want %d", n, lost)
					}
					slow.fits(socketBuffer)
					if got := slow.got(); len(got) != limit {
						t.Errorf("the slow one received %d frames, want %d", len(got), limit)
					}
				})
			}
		}
	}
}

// A receiver can ask what it lost; that is announced once a second.
func TestLostFrames(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := newBus(t, 1, Options{QueueFrames: 2, Slow: SlowDropNew, Timeout: longTimeout})
		slow, alice, watcher := b.connect("slow"), b.connect("alice"), b.connect("watcher")
		watcher.subscribe(topicSlow)
		if got := slow.call(methodLost, ""); string(got.Data) != "\x81\xA4lost\x90" {
			t.Errorf("lost at first: % X", got.Data)
		}
		for round := range 2 {
			slow.fits(0)
			for range 5 {
				alice.send(message(1, "slow", "x"))
				b.run()
			}
			alice.expect("ack 1 ok", "ack 1 ok", "ack 1 not delivered", "ack 1 not delivered", "ack 1 not delivered")
			watcher.expect(slowly("slow"))
			slow.fits(socketBuffer)
			slow.expect("message alice: x", "message alice: x")
			got := slow.call(methodLost, "")
			var list codec.ClientLost
			if _, err := list.UnmarshalMsg(got.Data); err != nil || len(list.Lost) != 1 ||
				list.Lost[0] != (codec.LostFrames{Reason: "queue full", Frames: uint64(3 * (round + 1))}) {
				t.Errorf("round %d: lost %+v, %v", round, list, err)
			}
			b.pass(losingPause)
		}
		if got := slow.call(methodLost, "x"); got.Kind != codec.RPCError || got.Code != codec.RPCInvalidParams {
			t.Errorf("with parameters: %v", got)
		}
		if list := b.broker.Clients(); list[2].Name != "slow" || list[2].Lost != 6 {
			t.Errorf("client list: %+v", list)
		}
	})
}

// Frames that a client leaves behind are counted by why it went.
func TestDroppedAtTheEnd(t *testing.T) {
	b := newBus(t, 1, Options{})
	c, alice := b.connect("c"), b.connect("alice")
	c.fits(0)
	for range 5 {
		alice.send(message(0, "c", "x"))
	}
	b.run()
	c.leave()
	if d := b.broker.Stats().Dropped; len(d) != 1 || d["peer left"] != 5 {
		t.Errorf("dropped: %v", d)
	}
}

// The last 256 that left, with their reasons.
func TestDeparted(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := newBus(t, 1, Options{QueueFrames: 1, StallTime: noPauses, Timeout: longTimeout})
		in := b.insider("inside", ClientOptions{})
		_ = in.Close()
		for i := range departedKept - 1 {
			b.connect(fmt.Sprint("c", i)).leave()
		}
		if d := b.broker.Departed(); len(d) != departedKept || d[0].Name != "inside" || d[0].Kind != KindInternal {
			t.Errorf("%d departed, first %+v", len(d), d[0])
		}
		slow, alice := b.connect("slow"), b.connect("alice")
		slow.fits(0)
		alice.send(message(0, "slow", "1"), message(0, "slow", "2"))
		b.run()
		d := b.broker.Departed()
		want := Departure{Name: "slow", Kind: KindLocalIPC, UID: 1000, Reason: "queue full", At: time.Now()}
		if len(d) != departedKept || d[0].Name != "c0" || d[len(d)-1] != want {
			t.Errorf("%d departed, %+v … %+v", len(d), d[0], d[len(d)-1])
		}
		var list codec.DepartedList
		answer := alice.call(methodDeparted, "")
		if _, err := list.UnmarshalMsg(answer.Data); err != nil || len(list.Clients) != departedKept ||
			list.Clients[departedKept-1].Name != "slow" || list.Clients[departedKept-1].Reason != "queue full" {
			t.Errorf("%s: %d, %v", methodDeparted, len(list.Clients), err)
		}
	})
}
