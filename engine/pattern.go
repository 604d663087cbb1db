package engine

import "strings"

// syntax is a language of patterns: what separates segments, which segment
// stands for any one segment (an empty one too) and which for one or more
// remaining segments. Wildcards are whole segments; whatever follows rest in a
// pattern is ignored. See section 11 of the protocol.
type syntax struct {
	sep       byte
	one, rest string
}

var (
	topicSyntax = syntax{sep: '/', one: "+", rest: "#"} // subscriptions, exclusions [BUSRT-O3] [BUSRT-O10]
	maskSyntax  = syntax{sep: '.', one: "?", rest: "*"} // names in a broadcast [BUSRT-O2]
)

// match tells whether the pattern matches the text, in which wildcards are
// literals [BUSRT-O8]. One pass over both, since a rest ends the pattern: there
// is nothing to go back to. Any goroutine; keeps and allocates nothing.
func (x syntax) match(pattern, text string) bool {
	for {
		want, pattern2, wantMore := cut(pattern, x.sep)
		if want == x.rest {
			return true // text holds one more segment here, if only an empty one
		}
		seg, text2, more := cut(text, x.sep)
		if want != seg && want != x.one {
			return false
		}
		if !wantMore || !more {
			return wantMore == more
		}
		pattern, text = pattern2, text2
	}
}

// wild tells whether the pattern has a wildcard, thus may match more than its
// own text. Any goroutine.
func (x syntax) wild(pattern string) bool {
	for more := true; more; {
		var seg string
		seg, pattern, more = cut(pattern, x.sep)
		if seg == x.one || seg == x.rest {
			return true
		}
	}
	return false
}

// cut splits the first segment off. Without a separator text is one segment,
// an empty text one empty segment. The results are views of text.
func cut(text string, sep byte) (seg, tail string, more bool) {
	if i := strings.IndexByte(text, sep); i >= 0 {
		return text[:i], text[i+1:], true
	}
	return text, "", false
}
