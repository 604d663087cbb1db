package engine

import (
	"fmt"
	"testing"
)

// crowd subscribes to others topics, most of which begin as the published one
// does.
func crowd(others int) *topics[int] {
	topics := newTopics[int]()
	for i := range others {
		topics.add(fmt.Sprintf("plant/hall%d/machine%d/speed", i%100, i), i)
	}
	return topics
}

func BenchmarkTopicsMatch(b *testing.B) {
	const topic = "plant/hall3/machine17/temperature"
	dst := make([]int, 0, 1000)
	run := func(name string, topics *topics[int], found int) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				dst = topics.match(topic, dst[:0])
			}
			if len(dst) != found {
				b.Fatalf("found %d, want %d", len(dst), found)
			}
		})
	}
	for _, others := range []int{10, 1000, 100_000} {
		topics := crowd(others)
		topics.add(topic, 1)
		run(fmt.Sprint("others=", others), topics, 1)
		topics.add("plant/+/machine17/#", 2)
		run(fmt.Sprint("others=", others, "/wild"), topics, 2)
	}
	topics := crowd(1000)
	for i := range 1000 {
		topics.add(topic, i)
	}
	run("subscribers=1000", topics, 1000)
}

func BenchmarkTopicsAddRemove(b *testing.B) {
	for _, others := range []int{10, 1000, 100_000} {
		topics := crowd(others)
		b.Run(fmt.Sprint("others=", others), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				topics.add("plant/hall3/new/temperature", 1)
				topics.remove("plant/hall3/new/temperature", 1)
			}
		})
	}
	for _, subscribers := range []int{1000, 100_000} {
		topics := newTopics[int]()
		for i := range subscribers {
			topics.add("a/b", i)
		}
		b.Run(fmt.Sprint("subscribers=", subscribers), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				topics.add("a/b", -1)
				topics.remove("a/b", -1)
			}
		})
	}
}

// What the hash of an edge gains on the map's own; see edgeHasher.
func BenchmarkTopicsEdge(b *testing.B) {
	topics := crowd(1000)
	e := edge{topics.literal(&topics.root, "plant").id, "hall3"}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := topics.edges.Load(e); !ok {
			b.Fatal("lost")
		}
	}
}
