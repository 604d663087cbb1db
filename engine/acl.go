package engine

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// acl is a list of masks of an [Access]: nil allows everything, an empty one
// nothing, else what one of the masks matches [BUSRT-S3]. It does not change
// once it is made; reading it allocates nothing.
type acl []string

// allows tells whether one text, a topic or a name, is allowed. Wildcards in it
// are literals.
func (l acl) allows(x syntax, text string) bool {
	for _, mask := range l {
		if x.match(mask, text) {
			return true
		}
	}
	return l == nil
}

// includes tells whether every text that the pattern can match is allowed, be
// it by different masks [BUSRT-S5]. The answer is exact, as texts have segments
// without end to choose from: let one stand for all that no mask names. A mask
// that takes it takes any other in its place, so a pattern is included if it is
// with that segment in place of each of its wildcards. A pattern without a rest
// is then one text. One with a rest is a row of texts, of 1, 2, 3 … segments in
// place of the rest, and each mask matches one of the row, or all from one on,
// or none: the cost is that of the masks, whatever the pattern is.
func (l acl) includes(x syntax, pattern string) bool {
	if l == nil {
		return true
	}
	onward := math.MaxInt // in the row, from here on all are allowed
	for _, mask := range l {
		if at, on := x.reach(mask, pattern); on {
			onward = min(onward, at)
		}
	}
	if onward == math.MaxInt {
		return false
	}
	for n := 1; n < onward; n++ {
		if !l.takes(x, pattern, n) {
			return false
		}
	}
	return true
}

// takes tells whether some mask matches just the nth text of the pattern's row.
func (l acl) takes(x syntax, pattern string, n int) bool {
	for _, mask := range l {
		if at, on := x.reach(mask, pattern); at == n && !on {
			return true
		}
	}
	return false
}

// reach says which texts of the pattern's row the mask matches: from number at
// on, or only that; 0 is none. A pattern without a rest has one text, which a
// mask that matches it matches from 1 on.
func (x syntax) reach(mask, pattern string) (at int, onward bool) {
	for {
		want, mask2, wantMore := cut(mask, x.sep)
		seg, pattern2, more := cut(pattern, x.sep)
		switch {
		case want == x.rest:
			return 1, true
		case seg == x.rest:
			return x.ones(mask)
		case want != x.one && want != seg: // a wildcard too: no literal takes every segment
			return 0, false
		case !wantMore && !more:
			return 1, true
		case !wantMore || !more:
			return 0, false
		}
		mask, pattern = mask2, pattern2
	}
}

// ones is reach of what is left of a mask where the pattern has its rest:
// wildcards only, or it would not take every segment.
func (x syntax) ones(mask string) (at int, onward bool) {
	for n := 1; ; n++ {
		want, tail, more := cut(mask, x.sep)
		switch {
		case want == x.rest:
			return n, true
		case want != x.one:
			return 0, false
		case !more:
			return n, false
		}
		mask = tail
	}
}

// newACL copies masks into a list, or reports the first that cannot mean what
// it says.
func newACL(x syntax, masks []string) (acl, error) {
	for _, mask := range masks {
		if flaw := x.flaw(mask); flaw != "" {
			return nil, fmt.Errorf("busrt: mask %q: %s", mask, flaw)
		}
	}
	return append(acl{}, masks...), nil
}

// flaw says what is wrong with a mask, if anything. A client's patterns are not
// asked: with them, whatever follows a rest is ignored (section 11).
func (x syntax) flaw(mask string) string {
	if !utf8.ValidString(mask) || strings.Contains(mask, "\x00") {
		return "not text"
	}
	for more := true; more; {
		var seg string
		seg, mask, more = cut(mask, x.sep)
		switch {
		case seg == x.rest && more:
			return fmt.Sprintf("nothing may follow %s, which matches all that can", x.rest)
		case x == maskSyntax && seg != x.rest && seg != x.one && strings.ContainsAny(seg, "*?#+"): // [BUSRT-H7]
			return fmt.Sprintf("no name has %q in it; the wildcards ? and * are whole segments", seg)
		}
	}
	return ""
}
