package engine

import (
	"errors"
	"fmt"
	"regexp"
	resyntax "regexp/syntax"
)

// What a filter of `client.list` may become: a few bytes of counted repetitions
// are megabytes of program.
const (
	maxFilter     = 4 << 10 // bytes
	maxFilterSize = 300     // instructions beside one for each byte
)

var (
	errFilter        = fmt.Errorf("filter of more than %d bytes", maxFilter)
	errFilterRepeats = errors.New("filter with too many repetitions")
)

// compileFilter compiles the regular expression of a caller [BUSRT-C4].
func compileFilter(filter string) (*regexp.Regexp, error) {
	if len(filter) > maxFilter {
		return nil, errFilter
	}
	tree, err := resyntax.Parse(filter, resyntax.Perl)
	if err != nil {
		return nil, err
	}
	if expanded(tree) > maxFilterSize+len(filter) {
		return nil, errFilterRepeats
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
