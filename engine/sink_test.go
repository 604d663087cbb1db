package engine

import (
	"fmt"
	"strings"

	"github.com/busrt-go/busrt/codec"
)

// sink is a transport that takes everything and keeps nothing: what is measured
// with it is the engine alone.
type sink struct{}

func (sink) Write(bufs [][]byte) (n int, err error) {
	for _, b := range bufs {
		n += len(b)
	}
	return n, nil
}

func (sink) Settle()      {}
func (sink) HungUp() bool { return false }
func (sink) ReadOut()     {}
func (sink) Unsent() int  { return 0 }
func (sink) Close(bool)   {}

// rig is a shard with registered sessions that write into sinks.
type rig struct {
	shard    *Shard
	notified bool
	named    map[string]*Session
}

// newRig makes a rig of those names; each subscribes to "all", the first to
// "one" as well.
func newRig(t tester, names ...string) *rig {
	t.Helper()
	b, err := New(Options{})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	b.InitCoreRPC()
	r := &rig{named: map[string]*Session{}}
	r.shard = b.NewShard(func() { r.notified = true })
	for i, name := range names {
		s := r.shard.Attach(sink{}, local(1000))
		s.Greet()
		r.event(s, hello(name))
		r.event(s, list(0, codec.OpSubscribe, "all"))
		if i == 0 {
			r.event(s, list(0, codec.OpSubscribe, "one"))
		}
		r.named[name] = s
	}
	t.Cleanup(r.shard.Close)
	return r
}

// herd gives n names.
func herd(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("herd.%d", i)
	}
	return names
}

// event is one event of a transport: what it read, the hand-over, and what was
// left to the owners of receivers.
func (r *rig) event(sender *Session, packet []byte) {
	sender.Received(packet)
	r.shard.Flush()
	for r.notified {
		r.notified = false
		r.shard.Attend()
	}
}

// hotPaths are what must be quick: a rig of 100 sessions, and the frames of one
// of them. written is what goes out for each frame, for those it is not obvious
// for: a path that does nothing is quick, too.
var hotPaths = []struct {
	name  string
	frame []byte
	out   int // deliveries, acks included
}{
	{"message", message(0, "herd.1", payload100), 1},
	{"message, ack", message(1, "herd.1", payload100), 2},
	{"message to oneself", message(0, "herd.0", payload100), 1},
	{"message to oneself, ack", message(1, "herd.0", payload100), 2},
	{"message to nobody, ack", message(1, "nobody", payload100), 1},
	{"publish to 1", publish(0, "one", payload100), 1},
	{"publish to 1, ack", publish(1, "one", payload100), 2},
	{"publish to 100", publish(0, "all", payload100), 100},
	{"publish to 100, ack", publish(1, "all", payload100), 101},
	{"publish to nobody", publish(0, "none", payload100), 0},
	{"publish_for", publishFor(0, "all", "herd.1", payload100), 1},
	{"publish_for, ack", publishFor(1, "all", "herd.1", payload100), 2},
	{"broadcast to 1", broadcast(0, "herd.1", payload100), 1},
	{"broadcast to 100", broadcast(0, "herd.?", payload100), 100},
	{"broadcast to 100, ack", broadcast(1, "herd.?", payload100), 101},
	{"ping", codec.AppendPing(nil), 0},
}

var payload100 = strings.Repeat("x", 100)

// limitedAccess allows what hotPaths do, each by the last of three masks.
func limitedAccess(t tester) *Access {
	t.Helper()
	return guard(t, "x", FullAccess().
		MessageTo("lab.*", "herd", "*").
		BroadcastTo("lab.*", "?", "herd.*").
		PublishTo("lab/#", "none/+", "+").
		SubscribeTo("lab/#", "none/+", "+")).entry("x")
}
