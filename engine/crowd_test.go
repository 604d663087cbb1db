package engine

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/busrt-go/busrt/internal/invariants"
)

// mostMatch is what a look-up that finds one receiver may take, whatever the
// names or patterns are: two passes over ten thousand names with the plain
// matcher, taken in the same run, of 2.6 ms each here.
func mostMatch() time.Duration {
	name, mask := strings.Repeat("x.", 16)+"n", strings.Repeat("?.", 16)+"n4242"
	return 2 * quickest(func() {
		for range 10_000 {
			if maskSyntax.match(mask, name) {
				panic("matches")
			}
		}
	})
}

// quickest is the least of many runs: what the work takes, not the machine's
// other business.
func quickest(run func()) time.Duration {
	best := time.Hour
	for range 20 {
		at := time.Now()
		run()
		best = min(best, time.Since(at))
	}
	return best
}

const crowdNames, crowdDots = 10_000, 16

// crowdShapes are ways in which ten thousand names with as many dots as are
// allowed [BUSRT-H7] may share segments.
func crowdShapes() map[string]func(i int) []string {
	const dots = crowdDots
	return map[string]func(i int) []string{
		"parted first": func(i int) []string {
			return append([]string{fmt.Sprint("n", i)}, slices.Repeat([]string{"x"}, dots)...)
		},
		"parted last": func(i int) []string {
			return append(slices.Repeat([]string{"x"}, dots), fmt.Sprint("n", i))
		},
		"pairs that part last": func(i int) []string {
			return append(append([]string{fmt.Sprint("p", i/2)}, slices.Repeat([]string{"x"}, dots-1)...), fmt.Sprint("n", i))
		},
		"binary": func(i int) []string {
			segs := slices.Repeat([]string{"x"}, dots+1)
			for b := range dots + 1 {
				if i>>b&1 != 0 {
					segs[b] = "y"
				}
			}
			return segs
		},
	}
}

// Ten thousand names with as many dots as are allowed [BUSRT-H7], and masks
// that match one of them, or all.
//
// Mutant it fails with: a node for each segment.
func TestNamesCrowd(t *testing.T) {
	const count, dots = crowdNames, crowdDots
	most := mostMatch()
	for shape, segs := range crowdShapes() {
		t.Run(shape, func(t *testing.T) {
			var n names[int]
			for i := range count {
				n.insert(strings.Join(segs(i), "."), i)
			}
			for keep := range dots + 1 { // all segments but one are wildcards, until that finds it
				mask := slices.Repeat([]string{"?"}, dots+1)
				mask[keep] = segs(4242)[keep]
				var got []int
				d := quickest(func() { got = n.match(strings.Join(mask, "."), nil) })
				if !slices.Contains(got, 4242) {
					t.Fatalf("mask %q does not find the name", mask)
				}
				if len(got) <= 2 && d > most && !invariants.Enabled {
					t.Errorf("mask %q: %v, want at most %v", mask, d, most)
				}
			}
			for i := range count {
				n.remove(strings.Join(segs(i), "."))
			}
			if n.root.children != nil {
				t.Error("nodes are left")
			}
		})
	}
}

const overlapDepth = 14 // 2^14 patterns of literals and +

// overlapTopic matches all patterns of overlap.
var overlapTopic = strings.Repeat("a/", overlapDepth-1) + "a"

// overlap subscribes to as many patterns as a client may have.
func overlap(tb testing.TB, p *peer, in *interests) {
	tb.Helper()
	for i := range DefaultMaxSubscriptions {
		segs := slices.Repeat([]string{"a"}, overlapDepth)
		for b := range overlapDepth {
			if i>>b&1 != 0 {
				segs[b] = "+"
			}
		}
		if why := in.subscribe(p, []byte(strings.Join(segs, "/"))); why != reasonNone {
			tb.Fatalf("subscription %d: %v", i, why)
		}
	}
}

// The most subscriptions a client may have, all matching one topic [BUSRT-O3].
func TestSubscriptionsCrowd(t *testing.T) {
	var before, after runtime.MemStats
	broker, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{broker: broker, limits: broker.limits}
	var in interests
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&before)
	overlap(t, p, &in)
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / DefaultMaxSubscriptions
	t.Logf("%d bytes a subscription", each)
	if each > 512 {
		t.Errorf("%d bytes a subscription, want at most 512", each)
	}
	var got []*peer
	d := quickest(func() { got = broker.matchTopic(overlapTopic) })
	t.Logf("a topic takes %v", d)
	if len(got) != 1 || got[0] != p {
		t.Errorf("%d receivers, want one", len(got))
	}
	if most := mostMatch(); d > most && !invariants.Enabled {
		t.Errorf("%v, want at most %v", d, most)
	}
	in.drop(p)
	if n := broker.topics.edges.Size(); n != 0 || !broker.topics.root.empty() || in.size != 0 {
		t.Errorf("subscriptions are left: %d edges", n)
	}
}

// What docs/limits.md says of masks and topics that one receiver matches: the
// worst mask of each crowd, and all subscriptions of a client.
func BenchmarkCrowd(b *testing.B) {
	for shape, segs := range crowdShapes() {
		var n names[int]
		for i := range crowdNames {
			n.insert(strings.Join(segs(i), "."), i)
		}
		for keep := range crowdDots + 1 {
			mask := slices.Repeat([]string{"?"}, crowdDots+1)
			mask[keep] = segs(4242)[keep]
			if len(n.match(strings.Join(mask, "."), nil)) > 2 {
				continue
			}
			b.Run(fmt.Sprintf("%s/segment %d", shape, keep), func(b *testing.B) {
				for b.Loop() {
					n.match(strings.Join(mask, "."), nil)
				}
			})
		}
	}
	b.Run("subscriptions", func(b *testing.B) {
		broker, err := New(Options{})
		if err != nil {
			b.Fatal(err)
		}
		p := &peer{broker: broker}
		var in interests
		overlap(b, p, &in)
		for b.Loop() {
			broker.matchTopic(overlapTopic)
		}
	})
}

// A topic that ten thousand leave at once.
func BenchmarkMassLeave(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		tree := newTopics[*peer]()
		crowd := make([]*peer, 10_000)
		for i := range crowd {
			crowd[i] = new(peer)
			tree.add("all", crowd[i])
		}
		b.StartTimer()
		for _, p := range crowd {
			tree.remove("all", p)
		}
	}
}
