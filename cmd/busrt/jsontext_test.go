package main

import (
	"strings"
	"testing"
)

// What the reference prints with -s for texts that start with {; nothing where
// it takes them for text.
func TestParseObject(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"object", " {\"b\" : 1, \"a\": [true, false, null, \"x\"]}\n", `{"a":[true,false,null,"x"],"b":1}`},
		{"empty containers", `{"a":{},"b":[],"c":[[]],"d":{"e":{}}}`, `{"a":{},"b":[],"c":[[]],"d":{"e":{}}}`},
		{"keys bytewise", `{"b":1,"":2,"é":3,"a":4,"B":5,"ab":6,"~":7}`, `{"":2,"B":5,"a":4,"ab":6,"b":1,"~":7,"é":3}`},
		{"of equal keys the last", `{"a":1,"b":2,"a":{"x":3}}`, `{"a":{"x":3},"b":2}`},
		{"escapes", `{"a":"\u0001\b\f\n\r\t\"\\\/\u007f\u00e9\ud83d\ude00","\n":1}`, "{\"\\n\":1,\"a\":\"\\u0001\\b\\f\\n\\r\\t\\\"\\\\/\x7fé😀\"}"},
		{"text is not escaped", "{\"a\":\"é 😀 \x7f </script> & \u2028\"}", "{\"a\":\"é 😀 \x7f </script> & \u2028\"}"},
		{"lone high surrogate is no JSON", `{"a":"\ud800"}`, ""},
		{"lone low surrogate is no JSON", `{"a":"\udc00x"}`, ""},
		{"surrogates in the wrong order are no JSON", `{"\ude00\ud83d":1}`, ""},
		{"an escaped backslash before ud800", `{"a":"\\ud800"}`, `{"a":"\\ud800"}`},
		{"control character in a string is no JSON", "{\"a\":\"\x09\"}", ""},
		{"integers", `{"a":0,"b":-1,"c":18446744073709551615,"d":-9223372036854775808}`, `{"a":0,"b":-1,"c":18446744073709551615,"d":-9223372036854775808}`},
		{"integers that do not fit are floats", `{"a":18446744073709551616,"b":-9223372036854775809,"c":123456789012345678901234567890}`, `{"a":1.8446744073709552e+19,"b":-9.223372036854776e+18,"c":1.2345678901234568e+29}`},
		{"minus zero is a float", `{"a":-0,"b":-0.0,"c":0.0,"d":0e5}`, `{"a":-0.0,"b":-0.0,"c":0.0,"d":0.0}`},
		{"floats", `{"a":1.0,"b":1000.0,"c":1e3,"d":0.1,"e":1.5E+2,"f":-2.5,"g":3.141592653589793}`, `{"a":1.0,"b":1000.0,"c":1000.0,"d":0.1,"e":150.0,"f":-2.5,"g":3.141592653589793}`},
		{"exponents", `{"a":1e15,"b":1e16,"c":1.5e16,"d":1e-5,"e":0.000001,"f":1e30,"g":1.7976931348623157e308,"h":5e-324,"i":12e-8}`, `{"a":1000000000000000.0,"b":1e+16,"c":1.5e+16,"d":0.00001,"e":1e-6,"f":1e+30,"g":1.7976931348623157e+308,"h":5e-324,"i":1.2e-7}`},
		{"what underflows is zero", `{"a":1e-400,"b":-1e-99999999999}`, `{"a":0.0,"b":-0.0}`},
		{"what overflows is no JSON", `{"a":1e400}`, ""},
		{"what overflows widely is no JSON", `{"a":1e99999999999}`, ""},
		{"zero does not overflow", `{"a":0e99999999999}`, `{"a":0.0}`},
		{"more digits than a float has", `{"a":345614149728064866.40337156613262556e24,"b":978428690182318365.63376299710335145e-10,"c":6.1746710412799534e+209,"d":0.30000000000000004,"e":184467440737095516199.3}`, `{"a":3.4561414972806484e+41,"b":97842869.01823182,"c":6.174671041279954e+209,"d":0.30000000000000004,"e":1.844674407370955e+20}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []byte
			if object, ok := parseObject([]byte(tt.text)); ok {
				got, _ = appendJSON(nil, object, 0)
			}
			if string(got) != tt.want {
				t.Errorf("%s\nis   %s\nwant %s", tt.text, got, tt.want)
			}
		})
	}
}

func TestParseObjectDepth(t *testing.T) {
	nested := func(open, end string, depth int) []byte {
		return []byte(`{"a":` + strings.Repeat(open, depth-1) + "1" + strings.Repeat(end, depth-1) + "}")
	}
	for _, brackets := range [][2]string{{"[", "]"}, {`{"a":`, "}"}} {
		if _, ok := parseObject(nested(brackets[0], brackets[1], jsonDepth)); !ok {
			t.Errorf("%s nested %d deep is refused", brackets[0], jsonDepth)
		}
		if _, ok := parseObject(nested(brackets[0], brackets[1], jsonDepth+1)); ok {
			t.Errorf("%s nested %d deep is accepted", brackets[0], jsonDepth+1)
		}
	}
}
