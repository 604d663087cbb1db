package main

import (
	"strings"
	"testing"
)

// What the reference prints with -s for MessagePack; nothing where there is no
// JSON of it.
func TestParseMsgpack(t *testing.T) {
	tests := []struct{ name, payload, want string }{
		{"true", "\x81\xa2ok\xc3", `{"ok":true}`},
		{"scalars", "\x01", "1"},
		{"nil, bools", "\x93\xc0\xc2\xc3", "[null,false,true]"},
		{"and bytes behind it", "\x05\xc1\xff", "5"},
		{"integers", "\x9b\x00\x7f\xe0\xff\xcc\xff\xcd\x01\x00\xce\x00\x01\x00\x00\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xd0\x80\xd1\x80\x00\xd2\x80\x00\x00\x00", "[0,127,-32,-1,255,256,65536,18446744073709551615,-128,-32768,-2147483648]"},
		{"int64", "\x91\xd3\x80\x00\x00\x00\x00\x00\x00\x00", "[-9223372036854775808]"},
		{"float32", "\x95\xca=\xcc\xcc\xcd\xcaSh\xd4\xa5\xcaT\x11\x84\xe7\xca5\x867\xbd\xca3\xd6\xbf\x95", "[0.1,1000000000000.0,2500000000000.0,0.000001,1e-7]"},
		{"float64", "\x93\xcb@\x8f@\x00\x00\x00\x00\x00\xcbF)>Y9\xa0\x8c\xea\xcb\x80\x00\x00\x00\x00\x00\x00\x00", "[1000.0,1e+30,-0.0]"},
		{"NaN, infinities", "\x94\xca\x7f\xc0\x00\x00\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00\xca\xff\x80\x00\x00\xcb\x7f\xf8\x00\x00\x00\x00\x00\x01", "[null,null,null,null]"},
		{"strings", "\x94\xa0\xd9\x02\xc3\xa9\xda\x00\x01x\xdb\x00\x00\x00\x01\"\xc1", `["","é","x","\""]`},
		{"string that is not UTF-8", "\x92\xa2\xff\xfe\x01", "[[255,254],1]"},
		{"binary", "\x93\xc4\x02\x07\xff\xc5\x00\x00\xc6\x00\x00\x00\x01\x00", "[[7,255],[],[0]]"},
		{"ext", "\x94\xd4\x05\x07\xd5\xff\x01\x02\xc7\x00*\xc8\x00\x03\x80\x00\x01\x02", "[[5,[7]],[-1,[1,2]],[42,[]],[-128,[0,1,2]]]"},
		{"ext 16", "\xd8\x01\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", "[1,[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]]"},
		{"containers", "\x94\x90\x80\xdc\x00\x01\x01\xdf\x00\x00\x00\x01\xa1a\xde\x00\x00", `[[],{},[1],{"a":{}}]`},
		{"keys sorted", "\x83\xa1b\x01\xa1a\x02\xa0\x03", `{"":3,"a":2,"b":1}`},
		{"keys of all kinds", "\x88\xa1a\x01\xc3\x02\xc2\x03\x0a\x04\x02\x05\xfe\x06\xcb?\xf8\x00\x00\x00\x00\x00\x00\x07\xca\xbf\x00\x00\x00\x08", `{"false":3,"true":2,"2":5,"10":4,"-2":6,"-0.5":8,"1.5":7,"a":1}`},
		{"integer keys by their width", "\x86\xcd\x00\x01\x01\x01\x02\xcc\x01\x03\xd0\x01\x04\xd1\x00\x01\x05\xff\x06", `{"1":3,"1":1,"-1":6,"1":4,"1":5}`},
		{"float keys in order", "\x84\xcb\xbf\xf0\x00\x00\x00\x00\x00\x00\x01\xcb\xc0\x00\x00\x00\x00\x00\x00\x00\x02\xcb?\xf0\x00\x00\x00\x00\x00\x00\x03\xcb@\x00\x00\x00\x00\x00\x00\x00\x04", `{"-2.0":2,"-1.0":1,"1.0":3,"2.0":4}`},
		{"of equal keys the last", "\x82\xa1a\x01\xa1a\x02", `{"a":2}`},
		{"nil key", "\x81\xc0\x01", ""},
		{"binary key", "\x81\xc4\x01\x07\x01", ""},
		{"list key", "\x81\x90\x01", ""},
		{"NaN key", "\x81\xca\x7f\xc0\x00\x00\x01", ""},
		{"key that is not UTF-8", "\x81\xa1\xff\x01", ""},
		{"binary key deep inside", "\x91\x81\x01\x81\xc4\x00\x01", ""},
		{"binary key that is overwritten", "\x82\x01\x81\xc4\x00\x01\x01\x02", `{"1":2}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			value, ok := parseMsgpack([]byte(tt.payload))
			if !ok {
				t.Fatalf("% x is refused", tt.payload)
			}
			got, ok := appendJSON(nil, value, 0)
			if ok != (tt.want != "") || string(got) != tt.want {
				t.Errorf("% x\nis   %s\nwant %s", tt.payload, got, tt.want)
			}
		})
	}
}

// Every payload that ends inside its first value is refused.
func TestParseMsgpackUnfinished(t *testing.T) {
	whole := []byte("\x99\xc4\x01\x07\xc7\x01\x05\x07\xca\x00\x00\x00\x00\xcb\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\xcd\x00\x01\xd2\x00\x00\x00\x01\xd4\x05\x07\xd9\x01x\x82\xa1a\x01\xa1b\x91\xc0")
	if _, ok := parseMsgpack(whole); !ok {
		t.Fatal("the whole is refused")
	}
	for n := range whole {
		if _, ok := parseMsgpack(whole[:n]); ok {
			t.Errorf("% x is accepted", whole[:n])
		}
	}
}

// What a payload claims costs nothing; what it nests is bounded.
func TestParseMsgpackHostile(t *testing.T) {
	for _, payload := range []string{
		"\xdd\xff\xff\xff\xff\x01", "\xdf\xff\xff\xff\xff\x01\x02", "\xc6\xff\xff\xff\xff", "\xdb\xff\xff\xff\xff",
		"\xc9\xff\xff\xff\xff\x01", "\xc1",
	} {
		if _, ok := parseMsgpack([]byte(payload)); ok {
			t.Errorf("% x is accepted", payload)
		}
	}
	for _, open := range []string{"\x91", "\x81\x01", "\xdc\x00\x01"} {
		nested := func(depth int) []byte { return []byte(strings.Repeat(open, depth) + "\x01") }
		if _, ok := parseMsgpack(nested(mpDepth)); !ok {
			t.Errorf("% x nested %d deep is refused", open, mpDepth)
		}
		if _, ok := parseMsgpack(nested(mpDepth + 1)); ok {
			t.Errorf("% x nested %d deep is accepted", open, mpDepth+1)
		}
	}
}
