package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/engine"
)

// Each range, at its edges and beyond them; the same in each table that has the
// key.
//
// Mutants it fails with: a key that limits or bounds leaves out; an edge that is
// off by one; a 0 that counts as not given.
func TestEdges(t *testing.T) {
	for _, tc := range []struct {
		key       string
		tables    []string
		good, bad []string
		advice    string
	}{
		{"timeout", anywhere, []string{`"1ns"`, `"8760h"`}, []string{"0", `"-1ns"`, `"8761h"`}, `write a time such as "`},
		{"queue_frames", anywhere, []string{"1", "2097152"}, []string{"0", "-1", "2097153"}, "write 1 to 2097152"},
		{"queue_bytes", anywhere, []string{"1", `"128GiB"`}, []string{"0", "-1", "137438953473"}, "write 1 to 137438953472"},
		{"max_frame", anywhere, []string{"1", "4294967295"}, []string{"0", "-1", `"4GiB"`}, "write 1 to 4294967295"},
		{"frame_rate", anywhere, []string{"0", "1", "1000000"}, []string{"-1"}, "write 1 at least, or 0 for any number"},
		{"max_subscriptions", anywhere, []string{"1"}, []string{"0", "-1"}, "write 1 at least"},
		{"max_exclusions", anywhere, []string{"1"}, []string{"0", "-1"}, "write 1 at least"},
		{"max_interests", anywhere, []string{"1"}, []string{"0", "-1"}, "write 1 at least"},
		{"slow", anywhere, []string{`"pause"`, `"disconnect"`, `"drop-new"`}, []string{`""`, `"never"`}, "write one of pause, disconnect, drop-new"},
		{"max_topic", broker, []string{"1"}, []string{"0", "-1"}, "write 1 at least"},
		{"max_topic_depth", broker, []string{"1"}, []string{"0", "-1"}, "write 1 at least"},
		{"max_name", broker, []string{"1", "65535"}, []string{"0", "-1", "65536"}, "write 1 to 65535"},
		{"max_name_dots", broker, []string{"1", "65535"}, []string{"0", "-1", "65536"}, "write 1 to 65535"},
		{"max_handshakes", broker, []string{"1"}, []string{"0", "-1"}, "write 1 at least"},
		{"max_connections", broker, []string{"1"}, []string{"0", "-1"}, "write 1 at least"},
		{"peer_connections", broker, []string{"0", "1"}, []string{"-1"}, "write 1 at least, or 0 for any number"},
		{"connect_rate", broker, []string{"0", "1"}, []string{"-1"}, "write 1 at least, or 0 for any number"},
		{"max_memory", broker, []string{"-1", "1"}, []string{"0"}, `write a size such as "1GiB", or -1 for any`},
		{"loops", broker, []string{"1", "62"}, []string{"0", "63"}, "write 1 to 62"},
		{"stall_time", broker, []string{`"1ns"`, `"-1ns"`}, []string{"0"}, `write a time such as "100ms", or`},
	} {
		for _, table := range tc.tables {
			for _, value := range append(slices.Clone(tc.good), tc.bad...) {
				_, err := load(t, fmt.Sprintf("%s\n%s = %s\n", table, tc.key, value))
				ps, _ := errors.AsType[Problems](err)
				switch bad := slices.Contains(tc.bad, value); {
				case !bad && err != nil:
					t.Errorf("%v", err)
				case bad && (len(ps) != 1 || !strings.HasSuffix(ps[0].Key, "."+tc.key) ||
					ps[0].Origin.Line != 2+strings.Count(table, "\n") || !strings.HasPrefix(ps[0].Advice, tc.advice)):
					t.Errorf("%s %s = %s: %v", table, tc.key, value, err)
				}
			}
		}
	}
}

// broker and anywhere are where a limit may stand.
var (
	broker   = []string{"[broker]"}
	anywhere = append(broker, "[[listen]]\nurl = \"b.sock\"", "[clients.\"A.b\"]")
)

// What an address and a client have of their own goes where the engine looks for
// it, 0 frames a second as any number.
func TestLimitsGoToTheEngine(t *testing.T) {
	const own = `timeout = 2
queue_frames = 3
queue_bytes = 4
slow = "drop-new"
max_frame = 5
frame_rate = 0
max_subscriptions = 6
max_exclusions = 7
max_interests = 8
`
	want := engine.Settings{
		Timeout: 2e9, QueueFrames: 3, QueueBytes: 4, Slow: engine.SlowDropNew, MaxFrame: 5, FrameRate: -1,
		MaxSubscriptions: 6, MaxExclusions: 7, MaxInterests: 8,
	}
	c, err := load(t, "[broker]\n"+own+`max_topic = 9
max_topic_depth = 10
max_name = 11
max_name_dots = 12
max_handshakes = 13
max_connections = 14
peer_connections = 15
connect_rate = 16
max_memory = 17
[[listen]]
url = "b.sock"
`+own+"[clients.a]\n"+own)
	if err != nil {
		t.Fatal(err)
	}
	b := c.Engine()
	if got := (engine.Settings{
		Timeout: b.Timeout, QueueFrames: b.QueueFrames, QueueBytes: b.QueueBytes, Slow: b.Slow, MaxFrame: b.MaxFrame, FrameRate: b.FrameRate,
		MaxSubscriptions: b.MaxSubscriptions, MaxExclusions: b.MaxExclusions, MaxInterests: b.MaxInterests,
	}); got != want {
		t.Errorf("broker: %+v", got)
	}
	if b.MaxTopic != 9 || b.MaxTopicDepth != 10 || b.Names.MaxLen != 11 || b.Names.MaxDots != 12 || b.MaxHandshakes != 13 || b.MaxMemory != 17 {
		t.Errorf("broker: %+v", b)
	}
	if l := c.Listeners(); l.MaxConnections != 14 || l.PeerConnections != 15 || l.ConnectRate != 16 {
		t.Errorf("listeners: %+v", l)
	}
	l := c.Options(&c.Listen[0], nil, c)
	if got := (engine.Settings{
		Timeout: l.Timeout, QueueFrames: l.QueueFrames, QueueBytes: l.QueueBytes, Slow: l.Slow, MaxFrame: l.MaxFrame, FrameRate: l.FrameRate,
		MaxSubscriptions: l.MaxSubscriptions, MaxExclusions: l.MaxExclusions, MaxInterests: l.MaxInterests,
	}); got != want {
		t.Errorf("address: %+v", got)
	}
	if got := c.Clients["a"].settings(); got != want {
		t.Errorf("client: %+v", got)
	}
}

// A file changes no default, and an address without limits has those of the broker
// that a reload has brought, any number of frames among them.
func TestLimitsOfTheNextConfiguration(t *testing.T) {
	const listen = "[[listen]]\nurl = \"b.sock\"\nqueue_frames = 7\n[[listen]]\nurl = \"fifo:f\"\n"
	was, err := load(t, "[broker]\nframe_rate = 5\nqueue_frames = 6\n"+listen)
	if err != nil {
		t.Fatal(err)
	}
	if o := was.Options(&was.Listen[0], nil, was); o.FrameRate != 0 || o.QueueFrames != 7 {
		t.Errorf("at the start: %+v", o)
	}
	next, err := load(t, listen)
	if err != nil {
		t.Fatal(err)
	}
	if n := *next.Broker.FrameRate; n != 0 {
		t.Errorf("frame_rate = %d by default", n)
	}
	if o := next.Options(&next.Listen[0], nil, was); o.FrameRate != -1 || o.QueueFrames != 7 || o.Slow != engine.SlowPause {
		t.Errorf("after a reload: %+v", o)
	}
	if o := next.Options(&next.Listen[1], nil, was); o.FrameRate != 0 || o.QueueFrames != 0 {
		t.Errorf("a FIFO: %+v", o)
	}
}
