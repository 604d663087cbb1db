package codec_test

import (
	"iter"
	"slices"
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/wiretest"
)

// [BUSRT-F3]
func TestTopics(t *testing.T) {
	for _, c := range wiretest.Frames {
		if c.Topics == nil {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			if got := collect(codec.Topics(c.Want.Payload)); !slices.Equal(got, c.Topics) {
				t.Errorf("got %q, want %q", got, c.Topics)
			}
		})
	}
}

// TestTopicsStop leaves the loop early, at each of the topics.
func TestTopicsStop(t *testing.T) {
	for stop := 1; stop <= 3; stop++ {
		n := 0
		for range codec.Topics([]byte("a\x00b\x00c")) {
			if n++; n == stop {
				break
			}
		}
		if n != stop {
			t.Errorf("went on to topic %d after %d", n, stop)
		}
	}
}

func collect(topics iter.Seq[[]byte]) []string {
	var out []string
	for topic := range topics {
		out = append(out, string(topic))
	}
	return out
}
