package main

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/internal/allocbound"
)

// What the reference prints, without and with -s.
func TestAppendPayload(t *testing.T) {
	tests := []struct{ name, payload, loud, silent string }{
		{
			"empty", "",
			"STR:  \n", " \n",
		},
		{
			"text", "hello, bus",
			"STR:  hello, bus\n", " hello, bus\n",
		},
		{
			"text with an escape sequence", "\x1b[1mbold\x7f",
			"STR:  \x1b[1mbold\x7f\n", " \x1b[1mbold\x7f\n",
		},
		{
			"lines", "a\nb\n",
			"STR:  a\nb\n\n", " a\nb\n\n",
		},
		{
			"tab is the least of text", "\x09x",
			"STR:  \x09x\n", " \x09x\n",
		},
		{
			"a NUL is no text", "\x00x",
			"MSGPACK:\n0\n", "0\n",
		},
		{
			"backspace is no text", "x\x08",
			"MSGPACK:\n120\n", "120\n",
		},
		{
			"JSON array is text", "[1]",
			"STR:  [1]\n", " [1]\n",
		},
		{
			"JSON scalar is text", "5",
			"STR:  5\n", " 5\n",
		},
		{
			"JSON object and more is text", "{} x",
			"STR:  {} x\n", " {} x\n",
		},
		{
			"JSON with a byte order mark is text", "\ufeff{}",
			"STR:  \ufeff{}\n", " \ufeff{}\n",
		},
		{
			"unfinished JSON is text", `{"a":1`,
			"STR:  {\"a\":1\n", " {\"a\":1\n",
		},
		{
			"MessagePack of letters is text", "\xa1a",
			"MSGPACK:\n\"a\"\n", "\"a\"\n",
		},
		{
			"unfinished MessagePack", "\x92\x01",
			"HEX: 9201\n", "\x92\x01",
		},
		{
			"MessagePack that claims too much", "\xdd\xff\xff\xff\xff\x01",
			"HEX: ddffffffff01\n", "\xdd\xff\xff\xff\xff\x01",
		},
		{
			"MessagePack C1", "\xc1\x01",
			"HEX: c101\n", "\xc1\x01",
		},
		{
			"bytes", "\xc1\xfe\xff\xff",
			"HEX: c1feffff\n", "\xc1\xfe\xff\xff",
		},
		{
			"empty containers", `{"a":{},"b":[],"c":[[]],"d":{"e":{}}}`,
			"JSON:\n{\n  \"a\": {},\n  \"b\": [],\n  \"c\": [\n    []\n  ],\n  \"d\": {\n    \"e\": {}\n  }\n}\n", "{\"a\":{},\"b\":[],\"c\":[[]],\"d\":{\"e\":{}}}\n",
		},
		{
			"object", " {\"b\" : 1, \"a\": [true, false, null, \"x\"]}\n",
			"JSON:\n{\n  \"a\": [\n    true,\n    false,\n    null,\n    \"x\"\n  ],\n  \"b\": 1\n}\n", "{\"a\":[true,false,null,\"x\"],\"b\":1}\n",
		},
		{
			"MessagePack true", "\x81\xa2ok\xc3",
			"MSGPACK:\n{\n  \"ok\": true\n}\n", "{\"ok\":true}\n",
		},
		{
			"MessagePack ext", "\x94\xd4\x05\x07\xd5\xff\x01\x02\xc7\x00*\xc8\x00\x03\x80\x00\x01\x02",
			"MSGPACK:\n[\n  [\n    5,\n    [\n      7\n    ]\n  ],\n  [\n    -1,\n    [\n      1,\n      2\n    ]\n  ],\n  [\n    42,\n    []\n  ],\n  [\n    -128,\n    [\n      0,\n      1,\n      2\n    ]\n  ]\n]\n", "[[5,[7]],[-1,[1,2]],[42,[]],[-128,[0,1,2]]]\n",
		},
		{
			"MessagePack nil key", "\x81\xc0\x01",
			"MSGPACK:\nHEX: 81c001\n", "HEX: 81c001\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for silent, want := range map[bool]string{false: tt.loud, true: tt.silent} {
				if got := string(appendPayload([]byte("before"), []byte(tt.payload), silent)); got != "before"+want {
					t.Errorf("silent %v: %q is %q, want %q", silent, tt.payload, got, want)
				}
			}
		})
	}
}

func TestAppendPayloadShowsSomeBytes(t *testing.T) {
	all := strings.Repeat("\xc1", shownBytes)
	for payload, want := range map[string]string{
		all:       hex.EncodeToString([]byte(all)),
		all + "x": hex.EncodeToString([]byte(all)) + "...",
	} {
		if got := string(appendPayload(nil, []byte(payload), false)); got != "HEX: "+want+"\n" {
			t.Errorf("%d bytes: %s", len(payload), got)
		}
		if got := string(appendPayload(nil, []byte(payload), true)); got != payload {
			t.Errorf("%d bytes, silent: %q", len(payload), got)
		}
	}
}

// Indentation comes to an end, what is shown does not: n lists of one item, the
// last of many.
func TestIndentEnds(t *testing.T) {
	const depth, items = 1000, 60_000
	payload := append(bytes.Repeat([]byte{0x91}, depth-1), 0xdc, items>>8, items&0xff)
	payload = append(payload, bytes.Repeat([]byte{7}, items)...)
	got := appendPayload(nil, payload, false)
	if most := indentBase + indentPerByte*len(payload) + 4*depth + len("7,")*items; len(got) > most {
		t.Errorf("%d bytes are shown as %d, want at most %d", len(payload), len(got), most)
	}
	if lines := bytes.Count(got, []byte("\n")); lines < depth || lines > 2*depth {
		t.Errorf("%d lines", lines)
	}
	if n := bytes.Count(got, []byte("7")); n != items || !bytes.HasSuffix(got, []byte("]]]\n")) {
		t.Errorf("%d of %d items, at the end %q", n, items, got[len(got)-8:])
	}
}

// No bytes of a peer make the program fail.
func FuzzAppendPayload(f *testing.F) {
	for _, seed := range []string{`{"a":[1e3,"\ud83d\ude00"]}`, "\x82\xa1a\x93\x01\xca\x00\x00\x00\x01\xd4\x05\x07\x01\xc0", "\xc1"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if loud := appendPayload(nil, payload, false); loud[len(loud)-1] != '\n' {
			t.Errorf("no line end: %q", loud)
		}
		allocbound.Check(t, len(payload), func() { appendPayload(nil, payload, true) })
		const indented = 1 + indentPerByte/2 // an append that grows allocates eight times what it holds at most
		allocbound.Check(t, indented*len(payload)+indentBase/8, func() { appendPayload(nil, payload, false) })
	})
}
