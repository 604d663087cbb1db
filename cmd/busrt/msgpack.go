package main

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"
)

// A MessagePack value, as [appendJSON] takes it, is nil, a bool, uint64, int64,
// float32, float64, string, []byte, []any, *mpMap or mpExt.

// mpExt is a value of an application's own type.
type mpExt struct {
	kind int8
	data []byte
}

// mpMap is a map, in the order in which it is shown.
type mpMap struct {
	entries []mpEntry
	keyless bool // some keys have no text: there is no JSON of it
}

type mpEntry struct {
	key   mpKey
	value any
}

// mpKey is a key that has a text. Keys are sorted by kind first, in the order
// of the kinds, then by value: numbers of another width are another kind, and
// so may be there twice.
type mpKey struct {
	kind  mpKind
	order uint64 // numbers: in the order of the values
	text  string
}

type mpKind uint8

const (
	mpBool mpKind = iota
	mpUint8
	mpUint16
	mpUint32
	mpUint64
	mpInt8
	mpInt16
	mpInt32
	mpInt64
	mpFloat32
	mpFloat64
	mpString
)

func (k mpKey) compare(o mpKey) int {
	return cmp.Or(cmp.Compare(k.kind, o.kind), cmp.Compare(k.order, o.order), cmp.Compare(k.text, o.text))
}

// mpDepth is how deep values may be nested.
const mpDepth = 1023

// parseMsgpack reads the first value of payload; what is behind it is ignored.
// False: there is no whole one. Strings that are not UTF-8 come as binary. The
// value takes memory in proportion to the payload, whatever sizes that claims.
func parseMsgpack(payload []byte) (any, bool) {
	if _, err := msgp.Skip(payload); err != nil { // from here on sizes are true
		return nil, false
	}
	r := mpReader{rest: payload}
	v := r.value()
	return v, !r.broken
}

// mpReader takes values off rest. Once broken, it gives nil.
type mpReader struct {
	rest   []byte
	depth  int
	broken bool
}

func (r *mpReader) value() any {
	lead := r.uint(1)
	switch {
	case r.broken:
		return nil
	case lead <= 0x7F:
		return lead
	case lead <= 0x8F:
		return r.nested(lead&15, r.table)
	case lead <= 0x9F:
		return r.nested(lead&15, r.list)
	case lead <= 0xBF:
		return r.text(lead & 31)
	case lead >= 0xE0:
		return int64(int8(lead))
	}
	return r.marked(byte(lead))
}

// marked reads what is behind one of the bytes that say what comes.
func (r *mpReader) marked(lead byte) any {
	switch lead {
	case 0xC0:
		return nil
	case 0xC2, 0xC3:
		return lead == 0xC3
	case 0xC4, 0xC5, 0xC6:
		return r.take(r.uint(1 << (lead - 0xC4)))
	case 0xC7, 0xC8, 0xC9:
		return r.nested(r.uint(1<<(lead-0xC7)), r.ext)
	case 0xCA:
		return math.Float32frombits(uint32(r.uint(4)))
	case 0xCB:
		return math.Float64frombits(r.uint(8))
	case 0xCC, 0xCD, 0xCE, 0xCF:
		return r.uint(1 << (lead - 0xCC))
	case 0xD0, 0xD1, 0xD2, 0xD3:
		unused := 64 - 8<<(lead-0xD0)
		return int64(r.uint(1<<(lead-0xD0))<<unused) >> unused
	case 0xD4, 0xD5, 0xD6, 0xD7, 0xD8:
		return r.nested(1<<(lead-0xD4), r.ext)
	case 0xD9, 0xDA, 0xDB:
		return r.text(r.uint(1 << (lead - 0xD9)))
	case 0xDC, 0xDD:
		return r.nested(r.uint(2<<(lead-0xDC)), r.list)
	case 0xDE, 0xDF:
		return r.nested(r.uint(2<<(lead-0xDE)), r.table)
	default: // C1 is nothing
		r.broken = true
		return nil
	}
}

func (r *mpReader) nested(n uint64, read func(n uint64) any) any {
	if r.depth == mpDepth {
		r.broken = true
		return nil
	}
	r.depth++
	defer func() { r.depth-- }()
	return read(n)
}

func (r *mpReader) list(n uint64) any {
	list := make([]any, 0, n)
	for ; n > 0 && !r.broken; n-- {
		list = append(list, r.value())
	}
	return list
}

func (r *mpReader) table(n uint64) any {
	m := &mpMap{entries: make([]mpEntry, 0, n)}
	for ; n > 0 && !r.broken; n-- {
		key, ok := r.key()
		value := r.value()
		if !ok {
			m.keyless = true
			continue
		}
		m.entries = append(m.entries, mpEntry{key, value})
	}
	m.sort()
	return m
}

// sort puts the entries in order; of equal keys the last stays.
func (m *mpMap) sort() {
	slices.Reverse(m.entries)
	slices.SortStableFunc(m.entries, func(a, b mpEntry) int { return a.key.compare(b.key) })
	m.entries = slices.CompactFunc(m.entries, func(a, b mpEntry) bool { return a.key.compare(b.key) == 0 })
}

// key reads a value that is a key; false: it has no text.
func (r *mpReader) key() (mpKey, bool) {
	lead := byte(0)
	if len(r.rest) > 0 {
		lead = r.rest[0]
	}
	switch v := r.value().(type) {
	case bool:
		return mpKey{kind: mpBool, text: strconv.FormatBool(v)}, true // false, true: in the order of the alphabet
	case uint64:
		kind := mpUint8
		if lead >= 0xCC {
			kind += mpKind(lead - 0xCC)
		}
		return mpKey{kind, v, strconv.FormatUint(v, 10)}, true
	case int64:
		kind := mpInt8
		if lead <= 0xD3 {
			kind += mpKind(lead - 0xD0)
		}
		return mpKey{kind, uint64(v) ^ 1<<63, strconv.FormatInt(v, 10)}, true
	case float32:
		return mpKey{mpFloat32, orderOf(float64(v)), string(appendFloat(nil, float64(v), 32))}, isFinite(float64(v))
	case float64:
		return mpKey{mpFloat64, orderOf(v), string(appendFloat(nil, v, 64))}, isFinite(v)
	case string:
		return mpKey{kind: mpString, text: v}, true
	default:
		return mpKey{}, false
	}
}

// orderOf maps floats to numbers of the same order.
func orderOf(f float64) uint64 {
	bits := math.Float64bits(f)
	if math.Signbit(f) {
		return ^bits
	}
	return bits | 1<<63
}

func (r *mpReader) text(n uint64) any {
	b := r.take(n)
	if !utf8.Valid(b) {
		return b
	}
	return string(b)
}

func (r *mpReader) ext(n uint64) any {
	kind := int8(r.uint(1))
	return mpExt{kind, r.take(n)}
}

// uint reads a number of so many bytes.
func (r *mpReader) uint(width uint64) uint64 {
	var n [8]byte
	copy(n[8-width:], r.take(width))
	return binary.BigEndian.Uint64(n[:])
}

// take gives a view of the next n bytes.
func (r *mpReader) take(n uint64) []byte {
	if r.broken || n > uint64(len(r.rest)) {
		r.broken = true
		return nil
	}
	taken := r.rest[:n:n]
	r.rest = r.rest[n:]
	return taken
}
