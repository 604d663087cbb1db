package engine

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// onProcs runs a hammer at several degrees of real parallelism.
func onProcs(t *testing.T, hammer func(t *testing.T)) {
	t.Helper()
	for _, procs := range []int{1, 2, 4} {
		t.Run(fmt.Sprint("procs=", procs), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			hammer(t)
		})
	}
}

// What the hammer publishes, who must receive it throughout, and what comes and
// goes meanwhile; the receiver of a churned pattern is its index.
const (
	hammered = "a/b/c"
	steady   = -1
)

var (
	stays   = []string{"a/b/c", "a/+/c", "a/#", "+/b/#"}
	churned = []string{
		"a/b/c", "a/b", "a", "a/b/c/d", "a/+", "a/+/c", "a/+/+", "+/+/+", "+", "#", "+/#", "a/b/#", "a/b/c/#", "a/#/x",
		"x/y/z", "a//c", "", "+/b/c", "+/b/c/+",
	}
)

// Writers churn round what stays; readers must always find what stays, never
// what cannot match, and in the end exactly what a model says.
func TestTopicsHammer(t *testing.T) {
	onProcs(t, func(t *testing.T) {
		t.Helper()
		topics := newTopics[int]()
		for _, p := range stays {
			topics.add(p, steady)
		}
		var writers, readers sync.WaitGroup
		var done atomic.Bool
		for range 2 {
			readers.Go(func() {
				for last := false; !last && !t.Failed(); {
					last = done.Load()
					mustFindWhatStays(t, topics.match(hammered, nil))
				}
			})
		}
		held := make([][]int, 3) // by writer and pattern: how many entries
		for w := range held {
			held[w] = make([]int, len(churned))
			writers.Go(func() { churn(topics, held[w], rand.New(rand.NewPCG(uint64(w), 1))) })
		}
		writers.Wait()
		done.Store(true)
		readers.Wait()

		mustHold(t, topics, held)
		for _, p := range stays {
			topics.remove(p, steady)
		}
		for _, counts := range held {
			for i, p := range churned {
				for range counts[i] {
					topics.remove(p, i)
				}
			}
		}
		mustBeBare(t, topics)
	})
}

// mustHold compares the trie with what the writers say they left in it.
func mustHold(t *testing.T, topics *topics[int], held [][]int) {
	t.Helper()
	want := slices.Repeat([]int{steady}, len(stays))
	for i, p := range churned {
		if !oracle(topicSyntax, p).MatchString(hammered) {
			continue
		}
		for _, counts := range held {
			want = append(want, slices.Repeat([]int{i}, counts[i])...)
		}
	}
	got := topics.match(hammered, nil)
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("at the end %v, want %v", got, want)
	}
}

func mustFindWhatStays(t *testing.T, found []int) {
	t.Helper()
	lasting := 0
	for _, r := range found {
		if r == steady {
			lasting++
		} else if !topicSyntax.match(churned[r], hammered) {
			t.Errorf("%q was found for %q", churned[r], hammered)
		}
	}
	if lasting != len(stays) {
		t.Errorf("found %d of %d lasting subscriptions", lasting, len(stays))
	}
}

// churn adds and removes patterns at random, at most two entries of each, and
// notes in held what it has left in the trie.
func churn(topics *topics[int], held []int, random *rand.Rand) {
	for range 50_000 {
		i := random.IntN(len(churned))
		if held[i] > 0 && (held[i] == 2 || random.IntN(2) == 0) {
			topics.remove(churned[i], i)
			held[i]--
		} else {
			topics.add(churned[i], i)
			held[i]++
		}
	}
}

// cachedMatch is a cache of one topic, kept as the essay in topics.go says.
type cachedMatch struct {
	generation uint64
	filled     bool
	found      []int
}

func (c *cachedMatch) match(topics *topics[int], topic string) []int {
	generation := topics.generation()
	if !c.filled || c.generation != generation {
		c.found = topics.match(topic, c.found[:0])
		c.generation, c.filled = generation, true
	}
	return c.found
}

// steps is what the readers of the generation hammer know of its writer.
type steps struct {
	begun, acked atomic.Int64
	looks        [2]atomic.Int64 // by reader
}

const (
	lastStep = 20_000
	pause    = 7 // steps between two waits for the readers; odd, so that it follows both kinds of step
)

var stepPatterns = []string{"a/b", "a/+", "+/b", "#"} // all match a/b

// In step k the writer subscribes k, unsubscribes k-1, then "acks" k. A reader
// that sees the ack must not be served k-1 or older; and if no further step has
// begun when it is done, exactly k. Now and then the writer waits until every
// reader has looked twice, so that both are tested in earnest.
func TestTopicsGenerationHammer(t *testing.T) {
	onProcs(t, func(t *testing.T) {
		t.Helper()
		topics := newTopics[int]()
		topics.add(stepPatterns[0], 0)
		var s steps
		var readers sync.WaitGroup
		for i := range s.looks {
			readers.Go(func() { s.read(t, topics, &s.looks[i]) })
		}
		for k := 1; k <= lastStep && !t.Failed(); k++ {
			s.begun.Store(int64(k))
			if k%2 == 0 { // the later change hides a flaw of the earlier one
				topics.add(stepPatterns[k%len(stepPatterns)], k)
			}
			topics.remove(stepPatterns[(k-1)%len(stepPatterns)], k-1)
			if k%2 != 0 {
				topics.add(stepPatterns[k%len(stepPatterns)], k)
			}
			s.acked.Store(int64(k))
			if k%pause == 0 && k < lastStep {
				s.await(t)
			}
		}
		readers.Wait()
	})
}

// await returns when every reader has looked twice: the second look began
// after the last ack.
func (s *steps) await(t *testing.T) {
	t.Helper()
	for i := range s.looks {
		for from := s.looks[i].Load(); s.looks[i].Load() < from+2 && !t.Failed(); {
			runtime.Gosched()
		}
	}
}

func (s *steps) read(t *testing.T, topics *topics[int], looks *atomic.Int64) {
	t.Helper()
	var c cachedMatch
	for s.acked.Load() < lastStep && !t.Failed() {
		k := s.acked.Load()
		found := c.match(topics, "a/b")
		quiet := s.begun.Load() == k
		if slices.ContainsFunc(found, func(r int) bool { return int64(r) < k }) {
			t.Errorf("after the ack of %d: %v", k, found)
		}
		if quiet && !slices.Equal(found, []int{int(k)}) {
			t.Errorf("nothing changed since the ack of %d: %v", k, found)
		}
		if looks.Add(1); s.acked.Load() == k {
			runtime.Gosched() // to a writer that may have no processor of its own
		}
	}
}
