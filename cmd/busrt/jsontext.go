package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
)

// jsonDepth is how deep objects and arrays may be nested.
const jsonDepth = 127

// parseObject reads a text that is a JSON object, and nothing else. Beyond the
// grammar it wants what the reference wants: numbers that a float64 can hold,
// escaped surrogates in pairs, and not too many brackets. The values are those of
// encoding/json, but for numbers; of equal keys the last stays.
func parseObject(text []byte) (map[string]any, bool) {
	if start := bytes.TrimLeft(text, " \t\r\n"); len(start) == 0 || start[0] != '{' || !json.Valid(text) || hasLoneSurrogate(text) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, false
	}
	v, ok := settle(v, jsonDepth)
	object, isObject := v.(map[string]any)
	return object, ok && isObject
}

// hasLoneSurrogate looks at the escapes of a valid JSON text.
func hasLoneSurrogate(text []byte) bool {
	const size = len(`\uD800`)
	escaped := func(s []byte) rune {
		if len(s) < size || s[0] != '\\' || s[1] != 'u' {
			return -1
		}
		n, _ := strconv.ParseUint(string(s[2:size]), 16, 16) // it is valid
		return rune(n)
	}
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return false
		}
		text = text[i:]
		r := escaped(text)
		switch {
		case r < 0:
			text = text[2:]
		case !utf16.IsSurrogate(r):
			text = text[size:]
		case utf16.DecodeRune(r, escaped(text[size:])) == '\uFFFD':
			return true
		default:
			text = text[2*size:]
		}
	}
}

// settle makes numbers of what is a number in v; false: it does not fit.
func settle(v any, depth int) (any, bool) {
	switch v := v.(type) {
	case json.Number:
		return parseNumber(v.String())
	case []any:
		for i := range v {
			item, ok := settle(v[i], depth-1)
			if !ok {
				return nil, false
			}
			v[i] = item
		}
		return v, depth > 0
	case map[string]any:
		for key := range v {
			value, ok := settle(v[key], depth-1)
			if !ok {
				return nil, false
			}
			v[key] = value
		}
		return v, depth > 0
	}
	return v, true
}

// parseNumber reads a number of a JSON text: a uint64 or int64 if it is one,
// else a float64; -0 is a float. False: it is larger than any float64.
func parseNumber(text string) (any, bool) {
	if u, err := strconv.ParseUint(text, 10, 64); err == nil {
		return u, true
	}
	if i, err := strconv.ParseInt(text, 10, 64); err == nil && i < 0 {
		return i, true
	}
	digits, negative := strings.CutPrefix(text, "-")
	f, ok := parseDecimal(digits)
	if negative {
		f = -f
	}
	return f, ok
}

// parseDecimal reads a number without a sign as the reference does, which shows
// another last digit than [strconv.ParseFloat] where there are more than a
// float64 holds: as many digits as a uint64 holds, times a power of ten.
func parseDecimal(text string) (float64, bool) {
	number, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		number = text[:i]
		var err error
		if exponent, err = strconv.Atoi(text[i+1:]); err != nil { // out of range
			exponent = cmp.Compare(exponent, 0) * math.MaxInt32
		}
	}
	whole, fraction, _ := strings.Cut(number, ".")
	var n uint64
	full := false
	push := func(digit byte) bool {
		d := uint64(digit - '0')
		if n > (math.MaxUint64-d)/10 {
			return false
		}
		n = n*10 + d
		return true
	}
	for i := range len(whole) {
		full = full || !push(whole[i])
		if full {
			exponent++
		}
	}
	for i := 0; i < len(fraction) && push(fraction[i]); i++ {
		exponent--
	}
	return scale(float64(n), exponent)
}

// scale gives f times ten to the power of exponent; false: it is too large.
func scale(f float64, exponent int) (float64, bool) {
	const most = 308 // of a float64
	for ; exponent < -most && f != 0; exponent += most {
		f /= 1e308
	}
	switch {
	case f == 0:
		return 0, true
	case exponent > most:
		return 0, false
	case exponent < 0:
		return f / powerOfTen(-exponent), true
	}
	f *= powerOfTen(exponent)
	return f, isFinite(f)
}

// powerOfTen is exact to the last bit, unlike [math.Pow10].
func powerOfTen(n int) float64 {
	f, _ := strconv.ParseFloat("1e"+strconv.Itoa(n), 64) // n is at most 308
	return f
}
