package engine

import (
	"errors"
	"regexp"
	resyntax "regexp/syntax"
)

// What a filter of `client.list` may become: a few bytes of counted repetitions
// are megabytes of program, and names have 255 bytes.
const (
	maxFilterBytes = 1 << 10
	maxFilterSize  = 300 // beside one for each byte
)

var errFilter = errors.New("busrt: the filter is too complex")

// compileFilter compiles the regular expression of a caller [BUSRT-C4].
func compileFilter(filter string) (*regexp.Regexp, error) {
	if len(filter) > maxFilterBytes {
		return nil, errFilter
	}
	tree, err := resyntax.Parse(filter, resyntax.Perl)
	if err != nil {
		return nil, err
	}
	if expanded(tree) > maxFilterSize+len(filter) {
		return nil, errFilter
	}
	return regexp.Compile(filter)
}

// expanded is about how many instructions the expression comes to. It stays
// small: Parse refuses what would have more than some millions.
func expanded(re *resyntax.Regexp) int {
	if re.Op == resyntax.OpRepeat {
		return expanded(re.Sub[0]) * max(re.Max, re.Min+1)
	}
	size := max(1, len(re.Rune)/2)
	for _, sub := range re.Sub {
		size += expanded(sub)
	}
	return size
}
