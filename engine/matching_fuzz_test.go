package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/internal/allocbound"
)

// naive is a matcher as one writes it first.
func naive(x syntax, pattern, text []string) bool {
	switch {
	case len(pattern) == 0 || len(text) == 0:
		return len(pattern) == len(text)
	case pattern[0] == x.rest:
		return true
	default:
		return (pattern[0] == x.one || pattern[0] == text[0]) && naive(x, pattern[1:], text[1:])
	}
}

func (x syntax) naive(pattern, text string) bool {
	sep := string(x.sep)
	return naive(x, strings.Split(pattern, sep), strings.Split(text, sep))
}

// FuzzTopics changes subscriptions and publishes, a line each: "+a/b" subscribes,
// "-a/b" takes that back, anything else is published. Each topic reaches whom
// the patterns say one by one, and once all are taken back nothing is left.
func FuzzTopics(f *testing.F) {
	for _, v := range topicVectors() {
		f.Add("+" + v.pattern + "\n" + v.text)
	}
	f.Add("+a/#\n+a/#/b\n-a/#\na/x\n+a/+/b\n-a/+/b\na/x/b")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		tree := newTopics[int]()
		spent := allocbound.Spent(func() {
			for i, line := range lines {
				if pattern, ok := strings.CutPrefix(line, "+"); ok {
					tree.add(pattern, i)
				} else {
					tree.match(line, nil)
				}
			}
		})
		allocbound.Judge(t, len(text)+nodesCost*int(tree.mu.lastID), spent)
		tree = newTopics[int]()
		there := map[int]string{}
		for i, line := range lines {
			switch {
			case strings.HasPrefix(line, "+"):
				there[i] = line[1:]
				tree.add(line[1:], i)
			case strings.HasPrefix(line, "-"):
				for n, pattern := range there {
					if pattern == line[1:] {
						tree.remove(pattern, n)
						delete(there, n)
					}
				}
			default:
				mustMatch(t, topicSyntax, there, line, tree.match(line, nil))
			}
		}
		for n, pattern := range there {
			tree.remove(pattern, n)
		}
		if tree.edges.Size() != 0 || !tree.root.empty() {
			t.Errorf("%d edges are left", tree.edges.Size())
		}
	})
}

// mustMatch fails unless got are those of the patterns that match text.
func mustMatch(t *testing.T, x syntax, patterns map[int]string, text string, got []int) {
	t.Helper()
	var want []int
	for n, pattern := range patterns {
		matches := x.naive(pattern, text)
		if x.match(pattern, text) != matches {
			t.Errorf("%q matches %q: %t", pattern, text, !matches)
		}
		if matches {
			want = append(want, n)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%q of %v: %v, want %v", text, patterns, got, want)
	}
}

// FuzzMasks registers names, a line each, the first being a mask: it finds the
// names that it matches one by one.
func FuzzMasks(f *testing.F) {
	for _, v := range maskVectors {
		f.Add(v.pattern + "\n" + v.text + "\n" + v.pattern)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		mask, list := lines[0], slices.Compact(slices.Sorted(slices.Values(lines[1:])))
		var tree names[string]
		allocbound.Judge(t, len(text), allocbound.Spent(func() {
			for _, name := range list {
				tree.insert(name, name)
			}
			tree.match(mask, nil)
		}))
		var want []string
		for _, name := range list {
			if maskSyntax.naive(mask, name) {
				want = append(want, name)
			}
		}
		got := tree.match(mask, nil)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%q of %q: %q, want %q", mask, list, got, want)
		}
		for _, name := range list {
			tree.remove(name)
		}
		if tree.root.children != nil {
			t.Errorf("something is left")
		}
	})
}
