//go:build !race

package engine

import (
	"fmt"
	"testing"
	"unsafe"
)

// Matching takes no memory where dst has room.
func TestMatchingDoesNotAllocate(t *testing.T) {
	topics, names := newTopics[int](), names[int]{}
	for i := range 100 {
		topics.add(fmt.Sprintf("a/%d/c", i), i)
		names.insert(fmt.Sprintf("a.%d.c", i), i)
	}
	for i, p := range []string{"a/+/c", "a/#", "+/+/+", "#"} {
		topics.add(p, i)
	}
	dst := make([]int, 0, 1000)
	topic := []byte("a/7/c")
	for _, c := range []struct {
		name string
		do   func()
		want int
	}{
		{"topics", func() { dst = topics.match("a/7/c", dst[:0]) }, 5},
		{"topics, a view of a buffer", func() { dst = topics.match(unsafe.String(&topic[0], len(topic)), dst[:0]) }, 5},
		{"names, rest", func() { dst = names.match("a.*", dst[:0]) }, 100},
		{"names, one", func() { dst = names.match("?.?.?", dst[:0]) }, 100},
		{"names, literal", func() { dst = names.match("a.7.c", dst[:0]) }, 1},
	} {
		if n := testing.AllocsPerRun(100, c.do); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
		if len(dst) != c.want {
			t.Errorf("%s: found %d, want %d", c.name, len(dst), c.want)
		}
	}
	pattern := testing.AllocsPerRun(100, func() {
		topicSyntax.match("a/+/c/#", "a/b/c/d")
		topicSyntax.wild("a/b/c/#")
	})
	if pattern != 0 {
		t.Errorf("patterns: %v allocations", pattern)
	}
}
