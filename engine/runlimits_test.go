package engine

import (
	"fmt"
	"slices"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// runWays are the ways of frames that runs are made of: to "slow", alone or as one
// of a crowd that shares them.
var runWays = []struct {
	name    string
	crowded bool
	kind    codec.Kind
	send    func(payload string) []byte
	text    func(payload string) string // as alice's, at a receiver
}{
	{"message", false, codec.KindMessage, func(p string) []byte { return message(0, "slow", p) }, func(p string) string { return "message alice: " + p }},
	{"publish", false, codec.KindPublish, func(p string) []byte { return publish(0, "t", p) }, func(p string) string { return "publish alice t: " + p }},
	{"publish to a crowd", true, codec.KindPublish, func(p string) []byte { return publish(0, "t", p) }, func(p string) string { return "publish alice t: " + p }},
}

// eventsOf are n frames as events: all in one, and how they are without runs.
func eventsOf(n int, send func(string) []byte) map[string][][]byte {
	var frames [][]byte
	for i := range n {
		frames = append(frames, send(fmt.Sprintf("%02d", i)))
	}
	return map[string][][]byte{"run": {slices.Concat(frames...)}, "no runs": {apart(frames)}, "alone": frames}
}

// The frame that finds a queue above its mark pauses the sender, wherever in a run
// it is: nothing behind it is routed, and nothing is lost [BUSRT-O17].
//
// Mutants it fails with: a run that goes on above the mark; one that notes nobody
// who is above it; one of a group that looks at no credit.
func TestRunMeetsMark(t *testing.T) {
	const frames, mark = 20, 9 // the ninth is above half of 16
	for _, way := range runWays {
		size := codec.DeliveryLen(way.kind, "alice", []byte("t"), []byte("00"))
		for limit, o := range map[string]Options{"frames": {QueueFrames: 16}, "bytes": {QueueBytes: 16 * size}} {
			for before := range mark { // frames that are queued when the run begins
				for name, events := range eventsOf(frames-before, way.send) {
					t.Run(fmt.Sprintf("%s %s %d %s", way.name, limit, before, name), func(t *testing.T) {
						b := newBus(t, 2, o)
						slow, rest := b.slowOne(way.crowded)
						alice := b.connect("alice")
						for range before {
							alice.send(way.send("--"))
							b.run()
						}
						for _, e := range events {
							alice.mustBePausedFrom(mark, slow)
							alice.send(e)
							b.run()
						}
						alice.mustBePaused(true)
						slow.mustHaveQueued(mark)
						if got := alice.session.traffic.rFrames.Load(); got != mark {
							t.Errorf("%d frames are counted, want %d", got, mark)
						}
						slow.fits(socketBuffer)
						for _, c := range append(rest, slow) {
							var want []string
							for i := range frames {
								payload := "--"
								if i >= before {
									payload = fmt.Sprintf("%02d", i-before)
								}
								want = append(want, way.text(payload))
							}
							c.expect(want...)
						}
						alice.mustBePaused(false)
					})
				}
			}
		}
	}
}

// mustBePausedFrom fails unless c is paused just if n frames are queued for to.
func (c *client) mustBePausedFrom(n int, to *client) {
	c.bus.Helper()
	c.mustBePaused(levelFrames(to.session.out.level.Load()) >= uint64(n))
}

// A queue that is full in the midst of a run: as many frames are lost as without,
// the receiver goes or stays as its policy says, and nobody else loses anything
// [BUSRT-O12] [BUSRT-O16].
//
// Mutants it fails with: a run that goes on with a frame that was refused.
func TestRunMeetsFullQueue(t *testing.T) {
	const limit, frames = 10, 14
	for _, policy := range []SlowPolicy{SlowDisconnect, SlowDropNew} {
		for _, way := range runWays {
			for name, events := range eventsOf(frames, way.send) {
				t.Run(fmt.Sprint(policy, " ", way.name, " ", name), func(t *testing.T) {
					inBubble(t, func(t *testing.T) { // announcements of losses go by the clock
						b := newBus(t, 2, Options{Timeout: longTimeout})
						slow := b.askFor(1, "slow", with(Settings{QueueFrames: limit, Slow: policy})) // the others have more room
						slow.say(nil, "\x01\x01")
						slow.subscribe("t")
						slow.fits(0)
						var rest []*client
						if way.crowded {
							rest = b.hearers()
						}
						alice := b.connect("alice")
						before := slow.session.traffic.counts()
						for _, e := range events {
							alice.send(e)
							b.run()
							alice.mustBePaused(false)
						}
						lost := uint64(frames - limit)
						if policy == SlowDisconnect {
							lost = 1
						}
						if n := b.broker.dropped[reasonQueueFull].Load(); n != lost || slow.session.losses.frames.Load() != lost {
							t.Errorf("%d lost, %d of them by the slow one, want %d", n, slow.session.losses.frames.Load(), lost)
						}
						if gone := !b.broker.Registered("slow"); gone != (policy == SlowDisconnect) {
							t.Errorf("disconnected: %t", gone)
						}
						body := uint64(len(way.send("00")) - codec.FrameHeaderLen)
						if got, want := alice.session.traffic.counts(), (counts{frames, frames * body, 0, 0}); got != want {
							t.Errorf("the sender counts %v, want %v", got, want)
						}
						if got, want := slow.session.traffic.counts().minus(before), (counts{0, 0, limit, limit * body}); got != want {
							t.Errorf("the slow one counts %v, want %v", got, want)
						}
						slow.fits(socketBuffer)
						if got := slow.got(); len(got) != limit || got[limit-1] != way.text("09") {
							t.Errorf("the slow one received %q", got)
						}
						for _, c := range rest {
							if got := c.got(); len(got) != frames || got[frames-1] != way.text("13") {
								t.Errorf("%s received %q", c.name, got)
							}
						}
					})
				})
			}
		}
	}
}

// A client that is cut off for a frame to itself in the midst of a run sends
// nothing behind that frame [BUSRT-O12].
func TestRunCutsItsSenderOff(t *testing.T) {
	for name, events := range eventsOf(5, func(p string) []byte { return message(0, "alice", p) }) {
		t.Run(name, func(t *testing.T) {
			b := newBus(t, 1, Options{QueueFrames: 2, StallTime: noPauses})
			bob, c := b.connect("bob"), b.connect("alice")
			c.fits(0)
			events[len(events)-1] = append(events[len(events)-1], message(0, "bob", "after")...)
			for _, e := range events {
				c.send(e)
				b.run()
			}
			if got := c.session.traffic.rFrames.Load(); got != 3 {
				t.Errorf("%d frames are counted, want 3", got)
			}
			c.fits(socketBuffer)
			c.expect("message alice: 00", "message alice: 01")
			c.expectEnd(false)
			bob.expect()
		})
	}
}

// Nor does one that another goroutine cuts off: of a run to anybody nothing is
// handled from then on [BUSRT-O12].
//
// Mutants it fails with: a run that does not look whether its sender is shut.
func TestRunOfOneThatIsCutOff(t *testing.T) {
	for _, first := range [][]byte{
		message(0, "c0", "x"), message(0, "nobody", "x"), publish(0, "c", "x"), publish(0, "t", "x"), publish(0, "none", "x"),
	} {
		for _, cut := range []bool{false, true} {
			b := newBus(t, 1, Options{})
			_, rest := b.slowOne(true)
			rest[0].subscribe("c")
			s, frames := b.connect("alice").session, slices.Repeat(first, 3)
			d := codec.Decoder{MaxBody: s.maxFrame}
			var f codec.Frame
			k, _, err := d.Next(frames, &f)
			if err != nil {
				t.Fatal(err)
			}
			s.shard.enter(&s.peer)
			s.handle(&f)
			want := 2
			if cut {
				s.shut(reasonForced)
				s.demandEnd(reasonForced)
				want = 0
			}
			if n, more := s.repeat(&d, frames[k:], &f); n != want*k || more != want {
				t.Errorf("%q, cut off %t: handled %d bytes, %d frames, want %d", first, cut, n, more, want)
			}
			s.count()
			if got := s.traffic.rFrames.Load(); got != uint64(1+want) {
				t.Errorf("%q, cut off %t: %d frames are counted", first, cut, got)
			}
			s.shard.Flush()
			b.run()
		}
	}
}
