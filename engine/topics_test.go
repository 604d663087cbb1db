package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// mustBeBare fails unless nothing is left of the trie: neither a list, nor a
// `+`, nor an edge. (A `+` that is not below the root hangs on an edge or on
// another `+`.)
func mustBeBare(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, topics *topics[int],
) {
	t.Helper()
	if n := topics.edges.Size(); n != 0 || !topics.root.empty() {
		t.Fatalf("left behind: %d edges, root %+v", n, &topics.root)
	}
}

func TestTopicsVectors(t *testing.T) {
	for _, v := range append(topicVectors(), exclusionVectors...) {
		topics := newTopics[int]()
		topics.add(v.pattern, 7)
		want := []int(nil)
		if v.matches {
			want = []int{7}
		}
		if got := topics.match(v.text, nil); !slices.Equal(got, want) {
			t.Errorf("subscribed to %q, published %q: %v, want %v", v.pattern, v.text, got, want)
		}
		topics.remove(v.pattern, 7)
		mustBeBare(t, topics)
	}
}

// All patterns at once: each must find its own, and only its own, among them.
func TestTopicsVectorsTogether(t *testing.T) {
	topics, vs := newTopics[int](), topicVectors()
	for i, v := range vs {
		topics.add(v.pattern, i)
	}
	for _, published := range vs {
		var want []int
		for i, v := range vs {
			if oracle(topicSyntax, v.pattern).MatchString(published.text) {
				want = append(want, i)
			}
		}
		got := topics.match(published.text, nil)
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", published.text, got, want)
		}
	}
	for i, v := range vs {
		topics.remove(v.pattern, i)
	}
	mustBeBare(t, topics)
}

func TestTopicsEntries(t *testing.T) {
	type change struct {
		remove  bool
		pattern string
		r       int
	}
	add := func(pattern string, r int) change { return change{false, pattern, r} }
	remove := func(pattern string, r int) change { return change{true, pattern, r} }
	for _, c := range []struct {
		name    string
		changes []change
		topic   string
		want    []int
	}{
		{"[BUSRT-O5] a/# and a/#/b are two", []change{add("a/#", 1), add("a/#/b", 1), remove("a/#/b", 1)}, "a/x", []int{1}},
		{"[BUSRT-O5] both gone", []change{add("a/#", 1), add("a/#/b", 1), remove("a/#", 1), remove("a/#/b", 1)}, "a/x", nil},
		{"[BUSRT-O6] one of three stays", []change{add("n/+", 1), add("n/#", 1), add("n/1", 1), remove("n/+", 1), remove("n/1", 1)}, "n/1", []int{1}},
		{"[BUSRT-O3] one entry per pattern", []change{add("n/+", 1), add("n/#", 1), add("n/1", 1)}, "n/1", []int{1, 1, 1}},
		{"[BUSRT-O6] unknown topics", []change{add("a", 1), remove("b", 1), remove("a/b", 1), remove("+", 1), remove("#", 1), remove("", 1)}, "a", []int{1}},
		{"another's stays", []change{add("a", 1), add("a", 2), add("a", 3), remove("a", 2), remove("a", 4)}, "a", []int{1, 3}},
		{"a node with children stays", []change{add("a/b", 1), add("a", 2), remove("a", 2)}, "a/b", []int{1}},
		{"a node with a + stays", []change{add("a/+", 1), add("a", 2), remove("a", 2)}, "a/b", []int{1}},
		{"a node with a # stays", []change{add("a/#", 1), add("a", 2), remove("a", 2)}, "a/b", []int{1}},
		{"a node of one's own stays", []change{add("a", 1), add("a/b/c", 2), remove("a/b/c", 2)}, "a", []int{1}},
		{"add after remove", []change{add("a/b", 1), remove("a/b", 1), add("a/b", 2)}, "a/b", []int{2}},
		{"[BUSRT-O8] + in a topic", []change{add("a/x", 1), add("a/+", 2)}, "a/+", []int{2}},
		{"[BUSRT-O8] # in a topic", []change{add("a/x", 1), add("a/#", 2)}, "#", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			topics := newTopics[int]()
			for _, ch := range c.changes {
				if ch.remove {
					topics.remove(ch.pattern, ch.r)
				} else {
					topics.add(ch.pattern, ch.r)
				}
			}
			got := topics.match(c.topic, nil)
			if slices.Sort(got); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestTopicsAgainstModel(t *testing.T) {
	type entry struct {
		place string // what the trie keeps of a pattern
		r     int
	}
	place := func(pattern string) string {
		segs := strings.Split(pattern, "/")
		if i := slices.Index(segs, "#"); i >= 0 {
			segs = segs[:i+1]
		}
		return strings.Join(segs, "/")
	}
	rapid.Check(t, func(t *rapid.T) {
		topics, model := newTopics[int](), []entry(nil)
		draw := func(t *rapid.T) (string, entry) {
			pattern := texts(topicSyntax).Draw(t, "pattern")
			return pattern, entry{place(pattern), rapid.IntRange(0, 3).Draw(t, "receiver")}
		}
		remove := func(pattern string, e entry) {
			topics.remove(pattern, e.r)
			if i := slices.Index(model, e); i >= 0 {
				model = slices.Delete(model, i, i+1)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				pattern, e := draw(t)
				topics.add(pattern, e.r)
				model = append(model, e)
			},
			"removeAny": func(t *rapid.T) { remove(draw(t)) },
			"removeOne": func(t *rapid.T) {
				if len(model) > 0 {
					e := rapid.SampledFrom(model).Draw(t, "entry")
					remove(e.place, e)
				}
			},
			"": func(t *rapid.T) {
				topic := texts(topicSyntax).Draw(t, "topic")
				want := []int{-1} // what dst holds already
				for _, e := range model {
					if oracle(topicSyntax, e.place).MatchString(topic) {
						want = append(want, e.r)
					}
				}
				got := topics.match(topic, []int{-1})
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Fatalf("%q: %v, want %v of %v", topic, got, want, model)
				}
			},
		})
		for _, e := range model {
			topics.remove(e.place, e.r)
		}
		mustBeBare(t, topics)
	})
}

func TestTopicsGeneration(t *testing.T) {
	topics := newTopics[int]()
	for i, c := range []struct {
		name    string
		do      func()
		changes bool
	}{
		{"add", func() { topics.add("a/b", 1) }, true},
		{"add #", func() { topics.add("a/#", 1) }, true},
		{"match", func() { topics.match("a/b", nil) }, false},
		{"remove of nothing", func() { topics.remove("a/c", 1) }, false},
		{"remove of another's", func() { topics.remove("a/b", 2) }, false},
		{"remove", func() { topics.remove("a/b", 1) }, true},
		{"remove #", func() { topics.remove("a/#", 1) }, true},
		{"bump", topics.bump, true},
	} {
		before := topics.generation()
		c.do()
		if changed := topics.generation() != before; changed != c.changes {
			t.Errorf("%d, %s: changed %v, want %v", i, c.name, changed, c.changes)
		}
	}
}

// A list handed to one reader stays as it is, whatever writers do afterwards.
func TestTopicsListsAreImmutable(t *testing.T) {
	var l receivers[int]
	var seen, want [][]int
	look := func() {
		seen = append(seen, l.load())
		want = append(want, slices.Clone(l.load()))
	}
	for i := range 20 {
		l.add(i)
		look()
	}
	for i := 0; i < 20; i += 2 {
		l.remove(i)
		look()
		l.add(100 + i)
		look()
	}
	for i := range seen {
		if !slices.Equal(seen[i], want[i]) {
			t.Errorf("list %d became %v, was %v", i, seen[i], want[i])
		}
	}
}

func TestTopicsDeep(t *testing.T) {
	long := strings.Repeat("/", 20_000)
	var segs []string
	for i := range 200 {
		segs = append(segs, fmt.Sprint("s", i))
	}
	deep := strings.Join(segs[:199], "/")
	patterns := []string{long, long + "#", strings.Repeat("+/", 20_000) + "+", deep + "/+", deep + "/x", "s0/#"}
	for i := range 1000 { // a fork at every depth
		patterns = append(patterns, strings.Repeat("+/", i)+"s", strings.Repeat("s/", i)+"+")
	}
	topics := newTopics[int]()
	for i, p := range patterns {
		topics.add(p, i)
	}
	for _, topic := range []string{long, long + "/", long + "x", deep + "/s199", strings.Repeat("s/", 900) + "s", strings.Repeat("s/", 500) + "/s"} {
		var want []int
		for i, p := range patterns {
			if topicSyntax.match(p, topic) {
				want = append(want, i)
			}
		}
		got := topics.match(topic, nil)
		if slices.Sort(got); !slices.Equal(got, want) || len(want) == 0 && topic != strings.Repeat("s/", 500)+"/s" {
			t.Errorf("%.20q…: %v, want %v", topic, got, want)
		}
	}
	for i, p := range patterns {
		topics.remove(p, i)
	}
	mustBeBare(t, topics)
}
