package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/invariants"
)

// A run is what frames would be that are handled one by one. Those are made here
// in three ways: an event for each, one event with a ping before each, which no
// run goes past, and pieces cut anywhere.

// apart are the frames with a ping before each: an event of them has no runs.
func apart(frames [][]byte) (all []byte) {
	for _, f := range frames {
		all = append(codec.AppendPing(all), f...)
	}
	return all
}

// pieces cuts the frames anywhere, often in the midst of a header.
func pieces(random *rand.Rand, frames [][]byte) (all [][]byte) {
	for b := slices.Concat(frames...); len(b) > 0; {
		n := min(len(b), 1+random.IntN([]int{30, 600, 9000}[random.IntN(3)]))
		all = append(all, b[:n])
		b = b[n:]
	}
	return all
}

// audience is how many receivers there are in the differential test, the sender,
// "c.0", among them.
const audience = 100

// runTopics are topics, with who subscribes: so many, from that one on.
var runTopics = []struct {
	name    string
	from, n int
}{
	{"none", 0, 0},
	{"me", 0, 1},
	{"one", 1, 1},
	{"two", 2, 2},
	{"me-two", 0, 2},
	{"three", 1, 3},
	{"five", 3, 5},
	{"me-five", 0, 5},
	{"all", 0, audience},
	{topicInfo, 0, 0},
}

// runFrames are n frames, each of which is likely to repeat the one before.
func runFrames(random *rand.Rand, n int) (all [][]byte) {
	var topics []string
	for _, t := range runTopics {
		topics = append(topics, t.name)
	}
	targets := map[codec.Op][]string{
		codec.OpMessage:    {"c.0", "c.1", "c.2", "nobody", coreName},
		codec.OpPublish:    topics,
		codec.OpBroadcast:  {"c.1", "c.?", "nobody", coreName},
		codec.OpPublishFor: topics,
	}
	ops := []codec.Op{codec.OpMessage, codec.OpMessage, codec.OpPublish, codec.OpPublish, codec.OpBroadcast, codec.OpPublishFor}
	qualities := []codec.QoS{codec.QoSNo, codec.QoSNo, codec.QoSRealtime, codec.QoSProcessed, codec.QoSRealtimeProcessed}
	sizes := []int{0, 1, 20, 100, 1000, 5000}
	for len(all) < n {
		op, q := ops[random.IntN(len(ops))], qualities[random.IntN(len(qualities))]
		target := targets[op][random.IntN(len(targets[op]))]
		receiver := fmt.Sprint("c.", random.IntN(5))
		for range 1 + random.IntN(12) {
			id := random.Uint32()
			payload := numbered(len(all), sizes[random.IntN(len(sizes))])
			if target == coreName { // it answers, so that it shows
				payload = codec.AppendRPCRequest(nil, id, "test", nil)
			}
			if op == codec.OpPublishFor {
				all = append(all, codec.AppendPublishFor(nil, id, q, target, receiver, payload))
			} else {
				all = append(all, codec.AppendFrame(nil, id, op, q, target, payload))
			}
		}
	}
	return all
}

// outcome is what shows of an event: the bytes that each receiver got, and what
// was counted, of each and of the whole broker.
type outcome struct {
	received [][]byte
	counts   []counts
	denied   [len(Broker{}.denied)]uint64
}

// playRun has the sender of a new bus send the events.
func playRun(t *testing.T, o Options, entry Access, events ...[]byte) (all outcome) {
	t.Helper()
	b := newBus(t, 2, o)
	clients := []*client{b.connectBy(guard(b, "c.0", entry), "c.0")}
	for i := 1; i < audience; i++ {
		clients = append(clients, b.connectOn(i%2, fmt.Sprint("c.", i)))
	}
	for _, topic := range runTopics {
		for _, c := range clients[topic.from : topic.from+topic.n] {
			c.subscribe(topic.name)
		}
	}
	before := b.counts()
	me := clients[0]
	me.chunk = 1 << 30
	for _, e := range events {
		me.send(e)
		b.run()
	}
	if len(me.in) > 0 || me.session.paused != 0 || me.closed {
		t.Fatalf("%d bytes unread, paused for %b, closed %t", len(me.in), me.session.paused, me.closed)
	}
	for _, c := range clients {
		all.received = append(all.received, c.take())
		all.counts = append(all.counts, c.session.traffic.counts())
	}
	all.counts = append(all.counts, b.counts().minus(before))
	for i := range all.denied {
		all.denied[i] = b.broker.denied[i].Load()
	}
	return all
}

func (got *outcome) mustBe(t *testing.T, want *outcome) {
	t.Helper()
	for i, b := range want.received {
		if !slices.Equal(got.received[i], b) {
			t.Errorf("c.%d received %d bytes, want %d", i, len(got.received[i]), len(b))
		}
	}
	for i, c := range want.counts {
		if got.counts[i] != c {
			t.Errorf("counts of %d: %v, want %v", i, got.counts[i], c)
		}
	}
	if got.denied != want.denied {
		t.Errorf("denied %v, want %v", got.denied, want.denied)
	}
}

// However frames come together, everybody receives the same, in the same order
// [BUSRT-O7], and it counts the same [BUSRT-O16]: where everything is allowed,
// where not [BUSRT-S3], and where the sender pauses time and again [BUSRT-O17].
//
// Mutants it fails with: another kind or realtime byte; frames or bytes that are
// not counted, of either side; what is denied, or to the broker, in a run; a run
// that goes on where another op or QoS begins.
func TestRunsAreFramesOneByOne(t *testing.T) {
	seeds := uint64(3)
	if invariants.Enabled {
		seeds = 1 // twenty times as slow there, and nothing runs at the same time
	}
	for _, tt := range []struct {
		name  string
		entry Access
		o     Options
	}{
		{"all is allowed", FullAccess(), Options{}},
		{"some is denied", FullAccess().MessageTo("c.0", "c.2", "nobody").PublishTo("two", "me-five", "none").BroadcastTo("c.1"), Options{}},
		{"pauses by frames", FullAccess(), Options{QueueFrames: 8}},
		{"pauses by bytes", FullAccess(), Options{QueueBytes: 9000}},
	} {
		for seed := range seeds {
			t.Run(fmt.Sprint(tt.name, " ", seed), func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 7))
				frames := runFrames(random, 250)
				want := playRun(t, tt.o, tt.entry, frames...)
				for name, events := range map[string][][]byte{
					"one event":          {slices.Concat(frames...)},
					"one event, no runs": {apart(frames)},
					"pieces":             pieces(random, frames),
				} {
					t.Run(name, func(t *testing.T) {
						got := playRun(t, tt.o, tt.entry, events...)
						got.mustBe(t, &want)
					})
				}
			})
		}
	}
}

// staged is what a segment has in it.
type staged struct {
	name         string
	bytes, room  int
	frames, cost uint64
}

// stage has the session receive b, and tells what waits for the end of the event.
func (c *client) stage(b []byte) (all []staged) {
	c.bus.Helper()
	c.session.Received(b)
	st := &c.session.shard.staging
	st.closeGroup()
	for _, e := range st.entries {
		for _, r := range e.refs {
			whole, cost := measure(r.Seg.B)
			if whole != len(r.Seg.B) || cost != r.Cost {
				c.bus.Errorf("%s: a segment of %d bytes has %d of whole frames; it costs %x, want %x",
					e.peer.name, len(r.Seg.B), whole, r.Cost, cost)
			}
			all = append(all, staged{e.peer.name, len(r.Seg.B), cap(r.Seg.B), levelFrames(cost), levelBytes(cost)})
		}
	}
	c.session.shard.Flush()
	return all
}

// Segments end in the midst of runs, with frames that fill them to the byte, one
// byte less, and one more: nothing is lost or twice, and the segments are those
// of the frames one by one.
//
// Mutants it fails with: a run that asks for no room, or for a byte less than it
// takes; one that does not cost anything.
func TestRunsFillSegments(t *testing.T) {
	for _, way := range runWays {
		for _, size := range []int{64, 112, 240, 1024, 4096, 8192} { // 113 and 241 leave a byte less than a frame has
			for over := -1; over <= 1; over++ {
				t.Run(fmt.Sprint(way.name, " ", size+over), func(t *testing.T) {
					bare := codec.DeliveryLen(way.kind, "alice", []byte("t"), nil)
					var frames [][]byte
					var want []string
					for i := range 200<<10/size + 3 {
						payload := string(numbered(i, size+over-bare))
						frames = append(frames, way.send(payload))
						want = append(want, way.text(payload))
					}
					var segments [2][]staged
					for i, event := range [][]byte{slices.Concat(frames...), apart(frames)} {
						b := newBus(t, 2, Options{})
						slow, _ := b.slowOne(way.crowded)
						slow.fits(socketBuffer)
						alice := b.connect("alice")
						segments[i] = alice.stage(event)
						slow.expect(want...)
						slow.mustHaveQueued(0)
					}
					if !slices.Equal(segments[0], segments[1]) {
						t.Errorf("segments\n%v, want\n%v", segments[0], segments[1])
					}
				})
			}
		}
	}
}
