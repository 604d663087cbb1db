package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// with is a peer that came by a listener with settings of its own.
func with(s Settings) Peer {
	p := local(1000)
	p.Settings = &s
	return p
}

// limitPlaces are where limits of a client named c may stand, each before the ones
// above it.
var limitPlaces = map[string]func(t *testing.T, s Settings) (Options, Peer){
	"broker":   func(_ *testing.T, s Settings) (Options, Peer) { return s.over(Options{}), local(1000) },
	"listener": func(_ *testing.T, s Settings) (Options, Peer) { return Options{}, with(s) },
	"entry": func(t *testing.T, s Settings) (Options, Peer) {
		t.Helper()
		return Options{}, guard(t, "c", FullAccess().Limits(s)).by(local(1000))
	},
}

// What an entry of the map has of its own counts before what the listener says,
// which counts for the rest; who is of another name has nothing of it.
//
// Mutants it fails with: termsOf that takes its settings in the reverse; limited
// that forgets one.
func TestAccessLimits(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const quick, slow = 2 * time.Second, 20 * time.Second
		g := guard(t, "own", FullAccess().Limits(Settings{MaxFrame: 100, FrameRate: 5, QueueFrames: 3, Timeout: quick}), "plain", FullAccess())
		g.settings.MaxFrame, g.settings.FrameRate, g.settings.QueueFrames, g.settings.Slow = 1000, 50, 30, SlowDropNew
		b := newBus(t, 1, Options{Timeout: slow})
		sender := b.connect("sender")
		for _, c := range []struct {
			name                string
			frame, rate, queued int
		}{{"own", 100, 5, 3}, {"plain", 1000, 50, 30}} {
			who := b.connectBy(g, c.name)
			who.fits(0)
			for range c.queued + 1 {
				sender.send(message(1, c.name, "x"))
				b.run()
			}
			if got := sender.got(); got[c.queued-1] != "ack 1 ok" || got[c.queued] != "ack 1 not delivered" {
				t.Errorf("%s: %q", c.name, got)
			}
			who.leave()

			who = b.connectBy(g, c.name)
			for range c.rate {
				who.send(codec.AppendPing(nil))
			}
			b.run()
			who.expect()
			who.send(codec.AppendPing(nil))
			who.expectEnd(false)

			who = b.connectBy(g, c.name)
			body := message(0, "sender", strings.Repeat("x", c.frame+1-len("sender\x00")))
			who.send(message(0, "sender", strings.Repeat("x", c.frame-len("sender\x00"))))
			if got := sender.got(); len(got) != 1 {
				t.Errorf("%s: %q", c.name, got)
			}
			who.send(body[:codec.FrameHeaderLen])
			who.expectEnd(false)
		}
		own, plain := b.connectBy(g, "own"), b.connectBy(g, "plain")
		own.endsWithin(quick, quick*5/4+3*TickInterval)
		if plain.closed {
			t.Error("the other one has ended with it")
		}
	})
}

// Of two listeners of one broker each has its own timers: handshake, header,
// body, NOPs, write [BUSRT-H8] [BUSRT-T1] [BUSRT-T2] [BUSRT-B1] [BUSRT-T3].
func TestSettingsTimeout(t *testing.T) {
	const quick, slow = 2 * time.Second, 20 * time.Second
	for what, tt := range map[string]struct {
		after  func(c *client) // what the client does, then nothing any more
		factor float64         // of the timeout: when it is ended
	}{
		"handshake": {func(*client) {}, 1},
		"header":    {func(c *client) { c.say(hello("x"), "\x01\x01") }, 1.25},
		"body": {func(c *client) {
			c.say(hello("x"), "\x01\x01")
			c.send(message(0, "x", "body")[:12])
		}, 1},
	} {
		t.Run(what, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				for _, of := range []struct {
					broker, listener, timeout time.Duration
				}{{slow, quick, quick}, {quick, slow, slow}, {quick, 0, quick}} {
					b := newBus(t, 1, Options{Timeout: of.broker})
					c := b.open(0, with(Settings{Timeout: of.listener}))
					tt.after(c)
					wait := time.Duration(tt.factor * float64(of.timeout))
					c.endsWithin(wait, wait+3*TickInterval)
				}
			})
		})
	}
	inBubble(t, func(t *testing.T) {
		b := newBus(t, 1, Options{Timeout: slow})
		c, far := b.open(0, with(Settings{Timeout: quick})), b.connect("far")
		c.say(hello("near"), "\x01\x01")
		c.name = "near"
		b.pings(5*quick/2+2*TickInterval, quick/2, c, far)
		c.expect("nop", "nop", "nop", "nop", "nop")
		far.expect()
		far.send(message(0, "near", "unread"))
		c.fits(0)
		b.run()
		begun := time.Now()
		for !c.closed && time.Since(begun) < slow {
			b.pings(quick/2, quick/2, c, far)
		}
		if d := time.Since(begun); d > 2*quick || b.broker.ended[reasonStalled].Load() != 1 {
			t.Errorf("took nothing for %v", d)
		}
	})
}

// The longest frame is that of the listener its sender came by [BUSRT-F8].
func TestSettingsMaxFrame(t *testing.T) {
	b := newBus(t, 1, Options{MaxFrame: 100})
	short, long, plain := b.open(0, with(Settings{MaxFrame: 50})), b.open(0, with(Settings{MaxFrame: 1000})), b.connect("plain")
	short.say(hello("short"), "\x01\x01")
	long.say(hello("long"), "\x01\x01")
	body := func(n int) []byte { return message(0, "plain", strings.Repeat("x", n-len("plain\x00"))) }
	for _, c := range []struct {
		*client
		most int
	}{{short, 50}, {long, 1000}, {plain, 100}} {
		c.send(body(c.most))
		if got := plain.got(); len(got) != 1 {
			t.Errorf("%d bytes: %d deliveries", c.most, len(got))
		}
	}
	for _, c := range []struct {
		*client
		most int
	}{{short, 50}, {long, 1000}} {
		c.send(body(c.most + 1)[:codec.FrameHeaderLen])
		c.expectEnd(false)
	}
}

// What may wait for a client is bounded by the listener it came by, alone and
// as one of many [BUSRT-O12]; flow control has its marks there as well
// [BUSRT-O17].
func TestSettingsQueue(t *testing.T) {
	for _, way := range []string{"message", "publish", "publishes at once"} {
		b := newBus(t, 1, Options{QueueFrames: 1000, StallTime: -1})
		sender := b.connect("sender")
		small := b.open(0, with(Settings{QueueFrames: 10}))
		narrow := b.open(0, with(Settings{QueueBytes: 500}))
		others := []*client{b.connect("c"), b.connect("d"), b.connect("e")}
		for name, c := range map[string]*client{"small": small, "narrow": narrow} {
			c.say(hello(name), "\x01\x01")
			c.name = name
		}
		for _, c := range append(others, small, narrow) {
			c.subscribe("all")
			c.fits(0)
		}
		payload := strings.Repeat("x", 60) // a frame takes some 80 bytes
		for range 11 {
			switch way {
			case "message":
				sender.send(message(0, "small", payload), message(0, "narrow", payload), message(0, "c", payload))
				b.run()
			case "publish":
				sender.send(publish(0, "all", payload))
				b.run()
			default:
				sender.send(publish(0, "all", payload))
			}
		}
		b.run()
		for name, want := range map[string]bool{"small": false, "narrow": false, "c": true} {
			if _, ok := b.broker.names.Load(name); ok != want {
				t.Errorf("%s: %q is there: %t", way, name, ok)
			}
		}
		small.fits(socketBuffer)
		if n := len(small.got()); n != 10 {
			t.Errorf("%s: %d frames were queued", way, n)
		}
	}
	b := newBus(t, 1, Options{})
	c := b.open(0, with(Settings{QueueFrames: 8}))
	c.say(hello("c"), "\x01\x01")
	c.fits(0)
	sender := b.connect("sender")
	for range 5 { // the fifth is above half
		if sender.session.paused != 0 {
			t.Fatal("paused too early")
		}
		sender.send(message(0, "c", "x"))
		b.run()
	}
	if sender.session.paused != pauseFlow {
		t.Errorf("paused for %b, want a pause of flow control", sender.session.paused)
	}
}

func TestSettingsValidate(t *testing.T) {
	for _, tt := range []struct {
		s  Settings
		ok bool
	}{
		{Settings{}, true},
		{Settings{Timeout: 1, MaxFrame: 1, QueueFrames: 1, QueueBytes: 1, AAA: NewAAAMap()}, true},
		{Settings{Timeout: -1}, false},
		{Settings{MaxFrame: maxFrameBytes + 1}, false},
		{Settings{Slow: SlowDropNew, FrameRate: -1, MaxSubscriptions: 1, MaxExclusions: 1, MaxInterests: 1}, true},
		{Settings{MaxSubscriptions: -1}, false},
		{Settings{MaxExclusions: -1}, false},
		{Settings{MaxInterests: -1}, false},
		{Settings{QueueFrames: -1}, false},
		{Settings{QueueBytes: maxQueueBytes + 1}, false},
	} {
		if err := tt.s.Validate(); (err == nil) != tt.ok {
			t.Errorf("%+v: %v", tt.s, err)
		}
	}
}
