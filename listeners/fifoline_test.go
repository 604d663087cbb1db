package listeners

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// TestParseLine [BUSRT-L1] [BUSRT-L2] [BUSRT-L3].
func TestParseLine(t *testing.T) {
	const (
		message   = codec.OpMessage
		broadcast = codec.OpBroadcast
		publish   = codec.OpPublish
		nothing   = codec.OpNop // the line is skipped
	)
	for _, tc := range []struct {
		line    string
		op      codec.Op
		target  string
		payload string
	}{
		{"x hello", message, "x", "hello"},
		{"x hello world  with all its blanks ", message, "x", "hello world  with all its blanks "},
		{"x ", message, "x", ""},
		{"x  two", message, "x", " two"},
		{" hello", message, "", "hello"},
		{"x\thello y", message, "x\thello", "y"},
		{"x hello\r", message, "x", "hello"},
		{"x hello\r\r", message, "x", "hello\r"},
		{"x.y ünïcode", message, "x.y", "ünïcode"},
		{"x =y", message, "x", "=y"},

		{"=t hello world", publish, "t", "hello world"},
		{"  =t hello  ", publish, "t", "hello"},
		{"=a/* .x", publish, "a/*", ".x"},
		{"=t :m a=1", publish, "t", ":m a=1"},
		{"= hello", publish, "", "hello"},

		{"* hello you", broadcast, "*", "hello you"},
		{"a.? .x", broadcast, "a.?", ".x"},
		{"a* :m", broadcast, "a*", ":m"},

		{"x .", message, "x", "\x00"},
		{"x .note with words", message, "x", "\x00note with words"},
		{"x ..y", message, "x", "\x00.y"},

		{".broker :test", message, ".broker", "\x01\x00\x00\x00\x00test\x00"},
		{"x :m ", message, "x", "\x01\x00\x00\x00\x00m\x00"},
		{"x :m   ", message, "x", "\x01\x00\x00\x00\x00m\x00"},
		{"x :", message, "x", "\x01\x00\x00\x00\x00\x00"},
		{"x :m a=1", message, "x", "\x01\x00\x00\x00\x00m\x00\x81\xa1a\x01"},
		{"x :m  a=1  ", message, "x", "\x01\x00\x00\x00\x00m\x00\x81\xa1a\x01"},
		{"x :m a=b=c", message, "x", "\x01\x00\x00\x00\x00m\x00\x81\xa1a\xa3b=c"},
		{"x :m a=1 a=true", message, "x", "\x01\x00\x00\x00\x00m\x00\x81\xa1a\xc3"},

		{"", nothing, "", ""},
		{"x", nothing, "", ""},
		{"=t", nothing, "", ""},
		{" =t ", nothing, "", ""},
		{"\r", nothing, "", ""},
		{"x \xff", nothing, "", ""},
		{"\xff x", nothing, "", ""},
		{"a\x00b x", nothing, "", ""},
		{"x :m\x00n", nothing, "", ""},
		{"x :m word", nothing, "", ""},
		{"x :m a=1 word", nothing, "", ""},
	} {
		f, ok := parseLine([]byte(tc.line))
		if ok != (tc.op != nothing) {
			t.Errorf("%q: sent: %v", tc.line, ok)
			continue
		}
		if ok && (f.op != tc.op || f.target != tc.target || string(f.payload) != tc.payload) {
			t.Errorf("%q: got %v %q %q, want %v %q %q", tc.line, f.op, f.target, f.payload, tc.op, tc.target, tc.payload)
		}
	}
}

// cutAll cuts the pieces, and gives what was a line.
func cutAll(pieces ...[]byte) (lines []string, dropped int) {
	var c lineCutter
	for _, p := range pieces {
		for line := range c.cut(p) {
			lines = append(lines, string(line))
		}
	}
	dropped = c.dropped
	if line, ok := c.end(); ok {
		lines = append(lines, string(line))
	}
	return lines, dropped
}

// TestLineCutter: lines do not depend on how reads cut them; a last one without
// a newline counts [BUSRT-L1].
func TestLineCutter(t *testing.T) {
	for text, want := range map[string][]string{
		"":            nil,
		"\n":          {""},
		"a\nb\n":      {"a", "b"},
		"a\n\nb":      {"a", "", "b"},
		"no newline":  {"no newline"},
		"a\r\nb\r\n":  {"a\r", "b\r"},
		"\n\n":        {"", ""},
		"long\nshort": {"long", "short"},
	} {
		for cut := range len(text) + 1 {
			got, _ := cutAll([]byte(text[:cut]), []byte(text[cut:]))
			if strings.Join(got, "|") != strings.Join(want, "|") || len(got) != len(want) {
				t.Errorf("%q cut at %d: got %q", text, cut, got)
			}
		}
	}
}

// TestLineCutterLong: a line of maxLine bytes is one, a longer one is dropped
// to its end and counted, wherever reads cut it; what follows counts.
func TestLineCutterLong(t *testing.T) {
	long := func(n int) string { return strings.Repeat("l", n) }
	for _, tc := range []struct {
		text    string
		want    []int // lengths
		dropped int
	}{
		{long(maxLine) + "\nab\n", []int{maxLine, 2}, 0},
		{long(maxLine+1) + "\nab\n", []int{2}, 1},
		{"a\n" + long(3*maxLine) + "\nab", []int{1, 2}, 1},
		{long(2*maxLine) + "\n" + long(2*maxLine) + "\nab\n", []int{2}, 2},
		{long(2 * maxLine), nil, 1},
		{"a\n" + long(maxLine), []int{1, maxLine}, 0},
	} {
		for _, size := range []int{len(tc.text), 64 << 10, 1 + rand.IntN(maxLine)} {
			var pieces [][]byte
			for rest := []byte(tc.text); len(rest) > 0; {
				n := min(size, len(rest))
				pieces = append(pieces, bytes.Clone(rest[:n]))
				rest = rest[n:]
			}
			lines, dropped := cutAll(pieces...)
			var got []int
			for _, l := range lines {
				got = append(got, len(l))
			}
			if len(got) != len(tc.want) || dropped != tc.dropped {
				t.Fatalf("%d bytes in pieces of %d: lines of %v, %d dropped; want %v, %d", len(tc.text), size, got, dropped, tc.want, tc.dropped)
			}
			for i := range got {
				if got[i] != tc.want[i] {
					t.Errorf("%d bytes in pieces of %d: lines of %v, want %v", len(tc.text), size, got, tc.want)
				}
			}
		}
	}
}
