package engine

import (
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
)

func TestOptions(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    Options
		ok   bool
	}{
		{"defaults", Options{}, true},
		{"least", Options{Timeout: 1, QueueFrames: 1, QueueBytes: 1, MaxFrame: 1}, true},
		{"most", Options{QueueFrames: maxQueueFrames, QueueBytes: maxQueueBytes, MaxFrame: maxFrameBytes}, true},
		{"no flow control", Options{StallTime: -1}, true},
		{"timeout", Options{Timeout: -1}, false},
		{"frames below", Options{QueueFrames: -1}, false},
		{"frames above", Options{QueueFrames: maxQueueFrames + 1}, false},
		{"bytes below", Options{QueueBytes: -1}, false},
		{"bytes above", Options{QueueBytes: maxQueueBytes + 1}, false},
		{"frame below", Options{MaxFrame: -1}, false},
		{"frame above", Options{MaxFrame: maxFrameBytes + 1}, false},
		{"any rate", Options{FrameRate: -1}, true},
		{"policy", Options{Slow: SlowDropNew}, true},
		{"policy above", Options{Slow: SlowDropNew + 1}, false},
		{"names", Options{Names: codec.NameLimits{MaxLen: maxName, MaxDots: maxName}}, true},
		{"names below", Options{Names: codec.NameLimits{MaxLen: -1}}, false},
		{"names above", Options{Names: codec.NameLimits{MaxLen: maxName + 1}}, false},
		{"dots below", Options{Names: codec.NameLimits{MaxDots: -1}}, false},
		{"dots above", Options{Names: codec.NameLimits{MaxDots: maxName + 1}}, false},
		{"subscriptions", Options{MaxSubscriptions: -1}, false},
		{"exclusions", Options{MaxExclusions: -1}, false},
		{"interests", Options{MaxInterests: -1}, false},
		{"topic", Options{MaxTopic: -1}, false},
		{"depth", Options{MaxTopicDepth: -1}, false},
		{"hello", Options{MaxHello: -1}, false},
		{"handshakes", Options{MaxHandshakes: -1}, false},
		{"any memory", Options{MaxMemory: -1}, true},
	} {
		b, err := New(tt.o)
		if (err == nil) != tt.ok || (b == nil) == tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	b, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := Options{
		Timeout: time.Second, QueueFrames: 8192, QueueBytes: 16 << 20, MaxFrame: codec.DefaultMaxBody,
		StallTime: 100 * time.Millisecond, Version: "dev", Logger: b.Logger(),
		Slow: SlowPause, MaxSubscriptions: 16 << 10, MaxExclusions: 1 << 10, MaxInterests: 32 << 20,
		MaxTopic: 64 << 10, MaxTopicDepth: 256, MaxHello: 4 << 10, MaxHandshakes: 1024, MaxMemory: b.options.MaxMemory,
	}
	if b.options != want || b.Logger() == nil {
		t.Errorf("defaults are %+v", b.options)
	}
}

// The limits of an outbox are counted in one word, which the largest options
// must fit into, with a frame on top.
func TestLimitsFitTheLevel(t *testing.T) {
	const bytes = burstFactor*maxQueueBytes + maxFrameBytes + 1<<20
	if l := uint64(maxQueueFrames+1)*frameUnit + bytes; l&shutBit != 0 || levelFrames(l) != maxQueueFrames+1 || levelBytes(l) != bytes {
		t.Errorf("%d frames and %d bytes of %#x", levelFrames(l), levelBytes(l), l)
	}
}
