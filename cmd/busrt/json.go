package main

import (
	"bytes"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// appendJSON appends a value of [parseObject] or [parseMsgpack] as JSON, with two
// blanks for each level until that has taken so many bytes of indent. False: it
// has no JSON form; dst comes back as it was.
func appendJSON(dst []byte, v any, indent int) ([]byte, bool) {
	w := jsonWriter{out: dst, indent: indent}
	w.value(v)
	if w.formless {
		return dst, false
	}
	return w.out, true
}

type jsonWriter struct {
	out      []byte
	indent   int // bytes of line ends and indentation that are left
	level    int
	formless bool // a map has keys without a text
}

func (w *jsonWriter) value(v any) {
	switch v := v.(type) {
	case nil:
		w.out = append(w.out, "null"...)
	case bool:
		w.out = strconv.AppendBool(w.out, v)
	case uint64:
		w.out = strconv.AppendUint(w.out, v, 10)
	case int64:
		w.out = strconv.AppendInt(w.out, v, 10)
	case float32:
		w.out = appendFloat(w.out, float64(v), 32)
	case float64:
		w.out = appendFloat(w.out, v, 64)
	case string:
		w.out = appendQuoted(w.out, v)
	case []byte:
		w.list('[', ']', len(v), func(i int) { w.out = strconv.AppendUint(w.out, uint64(v[i]), 10) })
	case mpExt:
		w.value([]any{int64(v.kind), v.data})
	case []any:
		w.list('[', ']', len(v), func(i int) { w.value(v[i]) })
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		w.list('{', '}', len(keys), func(i int) { w.member(keys[i], v[keys[i]]) })
	case *mpMap:
		w.formless = w.formless || v.keyless
		w.list('{', '}', len(v.entries), func(i int) { w.member(v.entries[i].key.text, v.entries[i].value) })
	}
}

// list writes n items between brackets.
func (w *jsonWriter) list(open, end byte, n int, item func(i int)) {
	w.out = append(w.out, open)
	w.level++
	for i := range n {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		w.newLine()
		item(i)
	}
	w.level--
	if n > 0 {
		w.newLine()
	}
	w.out = append(w.out, end)
}

func (w *jsonWriter) newLine() {
	if w.indent <= 0 {
		return
	}
	w.indent -= 1 + 2*w.level
	w.out = append(w.out, '\n')
	for range w.level {
		w.out = append(w.out, "  "...)
	}
}

func (w *jsonWriter) member(key string, v any) {
	w.out = append(appendQuoted(w.out, key), ':')
	if w.indent > 0 {
		w.out = append(w.out, ' ')
	}
	w.value(v)
}

// appendFloat appends the shortest decimal that means f, a float of that many
// bits. Whole numbers keep a .0; exponents have a sign and no leading zero.
func appendFloat(dst []byte, f float64, bits int) []byte {
	if !isFinite(f) {
		return append(dst, "null"...)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, bits), "e")
	least, most := -5, 15
	if bits == 32 {
		least, most = -6, 12
	}
	e, _ := strconv.Atoi(exponent) // FormatFloat's own
	if e < least || e > most {
		dst = append(dst, mantissa...)
		dst = append(dst, 'e', exponent[0])
		return append(dst, strings.TrimLeft(exponent[1:], "0")...)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, bits)
	if bytes.IndexByte(dst[start:], '.') < 0 {
		dst = append(dst, ".0"...)
	}
	return dst
}

func isFinite(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }

// appendQuoted appends s as a JSON string: only what must be is escaped.
func appendQuoted(dst []byte, s string) []byte {
	const short = "\b\f\n\r\t\"\\"
	const letters = `bfnrt"\`
	dst = append(dst, '"')
	for i := range len(s) {
		c := s[i]
		if k := strings.IndexByte(short, c); k >= 0 {
			dst = append(dst, '\\', letters[k])
		} else if c < ' ' {
			dst = append(dst, `\u00`...)
			dst = append(dst, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		} else {
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
