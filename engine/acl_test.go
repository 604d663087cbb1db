package engine

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The rows that say what inclusion means [BUSRT-S5].
func TestInclusion(t *testing.T) {
	for _, tt := range []struct {
		masks, pattern string // masks separated by blanks
		want           bool
	}{
		{"news/+", "news/a", true},
		{"news/+", "news/+", true},
		{"news/+", "news/#", false},
		{"+", "+", true},
		{"+", "#", false},
		{"#", "#", true},
		{"#", "a/+/#", true},
		{"news/#", "news/#", true},
		{"news/#", "news/+/#", true},
		{"news/#", "news/#/x", true}, // what follows a rest is ignored
		{"news/#", "news", false},
		{"news/#", "#", false},
		{"news/#", "+/#", false},
		{"news/+/#", "news/#", false}, // not news/a
		{"a/b", "a/+", false},
		{"a/b a/c", "a/+", false}, // there are more segments than masks
		{"+/b", "a/+", false},
		{"+/b", "+/b", true},
		{"+/b", "a/b", true},
		{"a/b+", "a/b+", true}, // no wildcard
		{"a/b+", "a/+", false},
		{"", "", true},
		{"", "+", false},
		{"+", "", true},

		// Only together.
		{"+ +/#", "#", true},
		{"+ +/+ +/+/#", "#", true},
		{"+/+/# +/+ +", "#", true},
		{"+ +/+/#", "#", false}, // not a/b
		{"+/+ +/+/#", "#", false},
		{"a/+ a/+/#", "a/#", true},
		{"a/+ +/+/#", "a/#", true},
		{"a/+ b/+/#", "a/#", false},
		{"+/b +/+/+/# a/+/+ a/+", "a/#", true},
		{"+ +/+ +/+/+", "#", false},
	} {
		masks := strings.Split(tt.masks, " ")
		if got := acl(masks).includes(topicSyntax, tt.pattern); got != tt.want {
			t.Errorf("%q include %q: %v, want %v", masks, tt.pattern, got, tt.want)
		}
		names := strings.NewReplacer("/", ".", "+", "?", "#", "*")
		if got := acl(strings.Split(names.Replace(tt.masks), " ")).includes(maskSyntax, names.Replace(tt.pattern)); got != tt.want {
			t.Errorf("as names: %q include %q: %v, want %v", masks, tt.pattern, got, tt.want)
		}
	}
	if !acl(nil).includes(topicSyntax, "#") || (acl{}).includes(topicSyntax, "a") || !acl(nil).allows(topicSyntax, "a") || (acl{}).allows(topicSyntax, "a") {
		t.Error("a list that is not there allows everything, an empty one nothing [BUSRT-S3]")
	}
}

// universe is all texts of few segments, and all patterns of fewer: what one
// pattern includes is found by trying each text. The segment z is in no pattern
// and stands for all others; the texts are one segment longer than the patterns,
// and a text longer still would tell nothing that these do not.
type universe struct {
	syntax   syntax
	texts    []string
	patterns []string
	matches  map[string][]bool // by pattern, for each text
}

const (
	patternSegs = 4
	textSegs    = patternSegs + 1
)

func newUniverse(x syntax) *universe {
	u := &universe{syntax: x, matches: map[string][]bool{}}
	u.texts = sequences(x, textSegs, "", "a", "b", "z")
	u.patterns = sequences(x, patternSegs, "", "a", "b", x.one, x.rest)
	for _, p := range u.patterns {
		re := oracle(x, p)
		in := make([]bool, len(u.texts))
		for i, text := range u.texts {
			in[i] = re.MatchString(text)
		}
		u.matches[p] = in
	}
	return u
}

// sequences gives all texts of 1 to n of the segments.
func sequences(x syntax, n int, segs ...string) (all []string) {
	last := []string{}
	for i := range n {
		var next []string
		if i == 0 {
			next = segs
		}
		for _, head := range last {
			for _, seg := range segs {
				next = append(next, head+string(x.sep)+seg)
			}
		}
		all = append(all, next...)
		last = next
	}
	return all
}

// includes tries all texts.
func (u *universe) includes(masks []string, pattern string) bool {
next:
	for i, in := range u.matches[pattern] {
		if !in {
			continue
		}
		for _, m := range masks {
			if u.matches[m][i] {
				continue next
			}
		}
		return false
	}
	return true
}

func (u *universe) check(t tester, masks []string, pattern string) {
	t.Helper()
	if got, want := append(acl{}, masks...).includes(u.syntax, pattern), u.includes(masks, pattern); got != want {
		t.Fatalf("%q include %q: %v, want %v", masks, pattern, got, want)
	}
}

// Every mask against every pattern: 600,000 pairs [BUSRT-S5].
func TestInclusionOfEveryPair(t *testing.T) {
	u := newUniverse(topicSyntax)
	for _, mask := range u.patterns {
		for _, pattern := range u.patterns {
			u.check(t, []string{mask}, pattern)
		}
	}
}

// Lists of masks against every pattern; most masks are of wildcards, so that
// they meet in what no single one includes [BUSRT-S5].
func TestInclusionOfUnions(t *testing.T) {
	for _, x := range []syntax{topicSyntax, maskSyntax} {
		u := newUniverse(x)
		wild := sequences(x, patternSegs, x.one, x.one, x.rest, "a")
		rapid.Check(t, func(t *rapid.T) {
			masks := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(wild), rapid.SampledFrom(u.patterns)), 0, 6).Draw(t, "masks")
			for _, pattern := range u.patterns {
				u.check(t, masks, pattern)
			}
		})
	}
}

// FuzzInclusion is the same for masks that the fuzzer makes: each byte is a
// segment, or ends a mask.
func FuzzInclusion(f *testing.F) {
	u := newUniverse(topicSyntax)
	segs := []string{"", "a", "b", "+", "#"}
	f.Add([]byte{3, 5, 3, 4}, uint16(4))
	f.Add([]byte{3, 5, 3, 3, 5, 3, 3, 4}, uint16(4))
	f.Add([]byte{1, 3, 5, 3, 3, 4}, uint16(14))
	f.Fuzz(func(t *testing.T, code []byte, pattern uint16) {
		var masks, mask []string
		for _, c := range append(code, byte(len(segs))) {
			if int(c)%(len(segs)+1) < len(segs) {
				mask = append(mask, segs[int(c)%(len(segs)+1)])
				continue
			}
			if n := len(mask); n >= 1 && n <= patternSegs {
				masks = append(masks, strings.Join(mask, "/"))
			}
			mask = nil
		}
		u.check(t, masks, u.patterns[int(pattern)%len(u.patterns)])
	})
}

// A pattern of a client costs no more than the masks are long.
func BenchmarkInclusion(b *testing.B) {
	masks := acl{"plant/+", "plant/+/+", "plant/+/+/#", "news/#"}
	for _, pattern := range []string{"news/today", "plant/#", "plant/hall/machine/temperature", strings.Repeat("+/", 1<<20)} {
		b.Run(fmt.Sprintf("%.30s", pattern), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				masks.includes(topicSyntax, pattern)
			}
		})
	}
}
