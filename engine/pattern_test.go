package engine

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The vectors of the conformance suite, "pattern topic" each [BUSRT-O3].
const (
	topicsThatMatch = `a/b a/b|a//b a//b|a/ a/| |a/+ a/b|a/+ a/|+ a|+ |+/+ /|/+ /a|a/# a/b|a/# a/b/c|a/# a/|# a|# |# a/b/c|+/# a/b|+/b/# a/b/c` +
		`|a/#/b a/x|a/#/b a/x/y|a/b+ a/b+|a/#b a/#b|a/* a/*|a/+/c a/b/c|a/+/c a//c|+/+/# x/y/z|$SYS/# $SYS/x|# $SYS/x|a/+ a/#|+/b a/b` +
		`|a/+/# a/b/c/d|+/+/+ a/b/c|+/+/+ //|a/+/+ a//|# /|#/a x|#/a a/b|/# /a|/# //|%%/+ %%/x` +
		`|# .broker/info`
	topicsThatDoNot = `a/b /a/b|a/b a/b/|a/b A/b|a/b a|a/b a/b/c|a/+ a|a/+ a/b/c|+ a/b|a/# a|+/# a|+/b/# a/b|a/#/b a|a/b+ a/bx|a/* a/b|a/? a/b|/# a` +
		`|a/+/c a/c|+/+ a|a//b a/b|#a ab|++ a|a/## a/b|ü u|+/+/+ a/b|a/b/# a/b` +
		`|a/b/# a/bb/c|+/+ a/b/c|/+ a|/+ //|+/ a|a/+/ a/b|A/# a/x`
)

type vector struct {
	pattern, text string
	matches       bool
}

func topicVectors() []vector {
	var vs []vector
	for list, matches := range map[string]bool{topicsThatMatch: true, topicsThatDoNot: false} {
		for v := range strings.SplitSeq(list, "|") {
			pattern, text, _ := strings.Cut(v, " ")
			vs = append(vs, vector{pattern, text, matches})
		}
	}
	return vs
}

// [BUSRT-O2] [BUSRT-O8]
var maskVectors = []vector{
	{"*", "mk", true},
	{"*", "mk.a.b", true},
	{"mk.*", "mk.a", true},
	{"mk.*", "mk.a.b", true},
	{"mk.*", "mk.", true},
	{"mk.?", "mk.a", true},
	{"?", "mk", true},
	{"mk.?.*", "mk.a.b", true},
	{"*.b", "mk", true},
	{"mk.*.z", "mk.q", true},
	{"?.?", "mk.b", true},
	{"?.b", "mk.b", true},
	{"mk.?.c", "mk.b.c", true},
	{"", "mk", false},
	{"mk.*", "mk", false},
	{"mk.*", "mkx.a", false},
	{"mk.?", "mk", false},
	{"mk.?", "mk.a.b", false},
	{"?", "mk.a", false},
	{"mk.?.*", "mk.a", false},
	{"mk.a*", "mk.ab", false},
	{"m*", "mk", false},
	{"m?", "mk", false},
	{"Mk", "mk", false},
	{"#", "mk", false},
	{"+", "mk", false},
	{"mk/*", "mk.a", false},
	{"*.*", "mk", true},
	{"mk.?.?", "mk.a.b", true},
	{"mk.?", "mk.", true},
	{"mk.?.b", "mk..b", true},
	{"?.*", "mk.a", true},
	{"mk.?.?", "mk.a", false},
	{"?.*", "mk", false},
	{"mk.?.b", "mk.b", false},
	{".mk", "mk", false},
	{"mk.", "mk", false},
	{"*", ".broker", true},
	{"mk", "mk", true},
	{"mk.a", "mk.a", true},
	{"?", "x%%0", true},
	{"?.*", ".broker", true},
	// A secondary beside its primary "mp.q".
	{"*", "mp.q%%1", true},
	{"mp.*", "mp.q%%1", true},
	{"mp.?", "mp.q%%1", true},
	{"mp.q", "mp.q%%1", false},
	{"mp.q%%*", "mp.q%%1", false},
	{"?.?", "mp.q%%1", true},
	{"mp.q%%1", "mp.q%%1", true},
}

var exclusionVectors = []vector{ // [BUSRT-O10]
	{"a/b", "a/b", true},
	{"a/+", "a/b", true},
	{"a/#", "a/b/c", true},
	{"#", "x", true},
	{"a/#", "a", false},
	{"a/+", "a/b/c", false},
	{"a/b", "a/b/", false},
	{"", "x", false},
	{"+/+", "a/b", true},
	{"+/#", "a/b/c", true},
}

func TestSyntaxMatch(t *testing.T) {
	for _, of := range []struct {
		name   string
		syntax syntax
		cases  []vector
	}{
		{"topic", topicSyntax, topicVectors()},
		{"mask", maskSyntax, maskVectors},
		{"exclusion", topicSyntax, exclusionVectors},
	} {
		for _, v := range of.cases {
			if got := of.syntax.match(v.pattern, v.text); got != v.matches {
				t.Errorf("%s: %q matches %q: %v, want %v", of.name, v.pattern, v.text, got, v.matches)
			}
		}
	}
}

func TestSyntaxWild(t *testing.T) {
	for _, v := range []struct {
		syntax  syntax
		pattern string
		want    bool
	}{
		{topicSyntax, "", false},
		{topicSyntax, "a/b", false},
		{topicSyntax, "+", true},
		{topicSyntax, "#", true},
		{topicSyntax, "a/+", true},
		{topicSyntax, "a/#", true},
		{topicSyntax, "a/#/b", true},
		{topicSyntax, "+/", true},
		{topicSyntax, "a+/#b/++/##", false},
		{topicSyntax, "?/*", false},
		{maskSyntax, "", false},
		{maskSyntax, "a.b", false},
		{maskSyntax, "?", true},
		{maskSyntax, "a.*", true},
		{maskSyntax, "a.?.b", true},
		{maskSyntax, "a.b*", false},
		{maskSyntax, "+.#", false},
	} {
		if got := v.syntax.wild(v.pattern); got != v.want {
			t.Errorf("%q: wild %v, want %v", v.pattern, got, v.want)
		}
	}
}

// oracle says by another road what a pattern means: as a regular expression.
func oracle(x syntax, pattern string) *regexp.Regexp {
	sep := regexp.QuoteMeta(string(x.sep))
	var parts []string
	for seg := range strings.SplitSeq(pattern, string(x.sep)) {
		if seg == x.rest {
			parts = append(parts, ".*")
			break
		}
		if seg == x.one {
			parts = append(parts, "[^"+sep+"]*")
			continue
		}
		parts = append(parts, regexp.QuoteMeta(seg))
	}
	return regexp.MustCompile(`^(?s:` + strings.Join(parts, sep) + `)$`)
}

// texts draws what makes good topics, names and patterns: few short segments
// that meet often, empty ones, wildcards of both syntaxes and their lookalikes.
func texts(x syntax) *rapid.Generator[string] {
	seg := rapid.SampledFrom([]string{"", "a", "b", "ab", x.one, x.one, x.rest, x.one + "a", x.rest + x.rest, "+", "?", "#", "*", "ü", "$a"})
	return rapid.Map(rapid.SliceOfN(seg, 1, 6), func(segs []string) string { return strings.Join(segs, string(x.sep)) })
}

func TestSyntaxAgainstRegexp(t *testing.T) {
	for name, x := range map[string]syntax{"topic": topicSyntax, "mask": maskSyntax} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				pattern, text := texts(x).Draw(t, "pattern"), texts(x).Draw(t, "text")
				want := oracle(x, pattern).MatchString(text)
				if got := x.match(pattern, text); got != want {
					t.Fatalf("%q matches %q: %v, want %v", pattern, text, got, want)
				}
				if !x.wild(pattern) && want != (pattern == text) {
					t.Fatalf("%q is not wild, and %q", pattern, text)
				}
			})
		})
	}
}

func BenchmarkSyntaxMatch(b *testing.B) {
	for name, pattern := range map[string]string{
		"exact": "plant/hall3/machine17/temperature",
		"wild":  "plant/+/machine17/#",
		"miss":  "plant/+/machine18/#",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				topicSyntax.match(pattern, "plant/hall3/machine17/temperature")
			}
		})
	}
}
