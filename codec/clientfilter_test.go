package codec_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/wiretest"
)

// [BUSRT-C4]
func TestParseClientFilter(t *testing.T) {
	for _, c := range wiretest.Filters {
		t.Run(c.Name, func(t *testing.T) {
			got, set, err := codec.ParseClientFilter(c.Wire)
			if got != c.Want || set != c.Set || (err != nil) != c.Refuse {
				t.Errorf("%q, %v, %v; want %q, %v, error %v", got, set, err, c.Want, c.Set, c.Refuse)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "busrt: ") {
				t.Errorf("error without prefix: %v", err)
			}
		})
	}
}

// TestParseClientFilterNesting nests an unknown value: some is skipped, a lot
// is refused, neither with the stack that it asks for.
func TestParseClientFilterNesting(t *testing.T) {
	tests := []struct {
		name  string
		level []byte // opens one more value, of one more byte
		depth int
		ok    bool
	}{
		{"arrays", []byte{0x91}, 1000, true},
		{"arrays, deep", []byte{0x91}, 1 << 20, false},
		{"maps", []byte{0x81, 0x01}, 1000, true},
		{"maps, deep", []byte{0x81, 0x01}, 1 << 20, false},
		{"maps as keys", []byte{0x81}, 1 << 20, false},
		{"huge arrays", []byte{0xDD, 0xFF, 0xFF, 0xFF, 0xFF}, 1 << 20, false},
	}
	for _, c := range tests {
		params := slices.Concat([]byte("\x82\xA1x"), bytes.Repeat(c.level, c.depth), []byte("\xC0\xA6filter\xA1y"))
		got, set, err := codec.ParseClientFilter(params)
		if (err == nil) != c.ok || set != c.ok || set && got != "y" {
			t.Errorf("%s: %q, %v, %v", c.name, got, set, err)
		}
	}
}
