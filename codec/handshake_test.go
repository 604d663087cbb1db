package codec_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/wiretest"
)

func TestCheckGreeting(t *testing.T) {
	for _, c := range wiretest.Greetings {
		if got := codec.CheckGreeting(append(bytes.Clone(c.Wire), 3, 0)); got != c.Code {
			t.Errorf("%s %s: %v, want %v", c.Name, c.Rule, got, c.Code)
		}
	}
}

func TestHello(t *testing.T) {
	for _, c := range wiretest.Hellos {
		t.Run(c.Name+" "+c.Rule, func(t *testing.T) {
			for i := range len(c.Wire) {
				if name, n := codec.ConsumeHello(c.Wire[:i:i]); n != 0 || name != nil {
					t.Errorf("after %d bytes: %q, took %d", i, name, n)
				}
				if n, ok := codec.HelloLen(c.Wire[:i:i]); ok != (i >= 2) || ok && n != len(c.Want) {
					t.Errorf("after %d bytes: length %d, %v", i, n, ok)
				}
			}
			name, n := codec.ConsumeHello(append(bytes.Clone(c.Wire), "a frame"...))
			if string(name) != c.Want || n != len(c.Wire) {
				t.Fatalf("read %q of %d bytes, want %q of %d", name, n, c.Want, len(c.Wire))
			}
			if got := codec.AppendHello([]byte("before"), c.Want); string(got) != "before"+string(c.Wire) {
				t.Errorf("appended % X, want % X", got[len("before"):], c.Wire)
			}
			var limits codec.NameLimits
			if code, text := limits.Check(name); text != c.Text || text && code != c.Code {
				t.Errorf("%v, text %v; want %v, %v", code, text, c.Code, c.Text)
			}
			if c.Code == codec.OK && codec.PrimaryName(c.Want) != c.Primary {
				t.Errorf("primary %q, want %q", codec.PrimaryName(c.Want), c.Primary)
			}
		})
	}
}

// [BUSRT-H7]
func TestNameLimits(t *testing.T) {
	wide := codec.NameLimits{MaxLen: 1000, MaxDots: 20}
	tests := []struct {
		name   string
		limits codec.NameLimits
		client string
		want   codec.Status
	}{
		{"longer than the default", wide, strings.Repeat("n", 1000), codec.OK},
		{"longer than was set", wide, strings.Repeat("n", 1001), codec.Data},
		{"more dots than the default", wide, "a" + strings.Repeat(".", 20), codec.OK},
		{"more dots than were set", wide, "a" + strings.Repeat(".", 21), codec.Data},
		{"only the dots are set", codec.NameLimits{MaxDots: 20}, strings.Repeat("n", 256), codec.Data},
		{"only the length is set", codec.NameLimits{MaxLen: 1000}, "a" + strings.Repeat(".", 17), codec.Data},
		{"NUL, whatever is set", wide, "a\x00", codec.Data},
	}
	for _, c := range tests {
		if got, text := c.limits.Check([]byte(c.client)); got != c.want || !text {
			t.Errorf("%s: %v, text %v; want %v", c.name, got, text, c.want)
		}
		tooLong := len(c.client) > 255 && c.limits.MaxLen == 0 || len(c.client) > 1000
		if c.limits.Allows(len(c.client)) == tooLong {
			t.Errorf("%s: Allows says %v", c.name, tooLong)
		}
	}
	if !wide.Allows(0) || !(codec.NameLimits{}).Allows(0) {
		t.Error("Allows minds an empty name")
	}
}
