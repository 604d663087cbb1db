package engine

import (
	"errors"
	"strings"
	"testing"
)

// Filters that names are looked for with compile; those that are long, or short
// and become large, do not [BUSRT-C4].
func TestFilters(t *testing.T) {
	for _, tt := range []struct {
		filter string
		want   error
	}{
		{"", nil},
		{`^(lamp|door)\.[a-z]{1,20}$`, nil},
		{strings.Repeat("x", maxFilter), nil},
		{strings.Repeat("x", maxFilter+1), errFilter},
		{"x{300}", nil},
		{strings.Repeat("x{1000}", 400), errFilterRepeats},
		{"((x{10}){10}){10}", errFilterRepeats},
	} {
		if _, err := compileFilter(tt.filter); !errors.Is(err, tt.want) {
			t.Errorf("%.40q…: %v, want %v", tt.filter, err, tt.want)
		}
	}
	if _, err := compileFilter("("); err == nil {
		t.Error("half a group compiles")
	}
}
