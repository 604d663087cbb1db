package codec

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/tinylib/msgp/msgp"
)

// AppendParams appends words of the form k=v as one MessagePack map with string
// keys, in the order of the words [BUSRT-L3]. The first = separates; of equal
// keys the last word wins; empty words are skipped, so that there may be
// nothing in the map. A word without = is an error: dst comes back as it was.
func AppendParams(dst []byte, words []string) ([]byte, error) {
	last := make(map[string]int, len(words)) // key → index of the word that wins
	for i, word := range words {
		if word == "" {
			continue
		}
		key, _, ok := strings.Cut(word, "=")
		if !ok {
			return dst, fmt.Errorf("busrt: parameter %q is not of the form key=value", word)
		}
		last[key] = i
	}
	dst = msgp.AppendMapHeader(dst, uint32(len(last)))
	for i, word := range words {
		key, value, _ := strings.Cut(word, "=")
		if word != "" && last[key] == i {
			dst = msgp.AppendString(dst, key)
			dst = appendValue(dst, value)
		}
	}
	return dst, nil
}

// appendValue appends the first that fits of bool, i64 in as few bytes as
// possible, f64 and string.
func appendValue(dst []byte, value string) []byte {
	switch value {
	case "true":
		return msgp.AppendBool(dst, true)
	case "false":
		return msgp.AppendBool(dst, false)
	}
	if i, err := strconv.ParseInt(value, 10, 64); err == nil {
		if i >= 0 {
			return msgp.AppendUint64(dst, uint64(i)) // AppendInt64 takes 3 bytes for 200
		}
		return msgp.AppendInt64(dst, i)
	}
	if f, ok := parseFloat(value); ok {
		return msgp.AppendFloat64(dst, f)
	}
	return msgp.AppendString(dst, value)
}

// parseFloat reads decimal numbers, inf and nan; what is too large is infinite.
// Go's hexadecimal digits and underscores are not numbers here, while the NaN
// is the reference's, with a sign where there is one.
func parseFloat(s string) (float64, bool) {
	const nan = 0x7FF8 << 48
	switch lower := strings.ToLower(s); {
	case lower == "nan", lower == "+nan":
		return math.Float64frombits(nan), true
	case lower == "-nan":
		return math.Float64frombits(1<<63 | nan), true
	case strings.ContainsAny(lower, "x_"):
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil || errors.Is(err, strconv.ErrRange)
}
