package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"
)

// maxDepth is how deep values may nest in what a peer sends and nobody wants,
// the same as the reference's limit. The stack grows with it.
const maxDepth = 1024

var errNesting = errors.New("nested too deeply")

// ParseClientFilter reads the parameters of client.list [BUSRT-C4]: a map with
// the key filter, or an array of one, with a string (as str or bin) or nil. set
// is false if there is no filter: no parameters at all, no such key, or nil.
// Unknown keys, and whatever stands behind the value, are ignored. The text of
// err is meant for the caller.
func ParseClientFilter(params []byte) (filter string, set bool, err error) {
	if len(params) == 0 {
		return "", false, nil
	}
	switch msgp.NextType(params) {
	case msgp.MapType:
		filter, set, err = filterOfMap(params)
	case msgp.ArrayType:
		filter, set, err = filterOfArray(params)
	default:
		err = errors.New("neither a map nor an array")
	}
	if err != nil {
		return "", false, fmt.Errorf("busrt: parameters of client.list: %w", err)
	}
	return filter, set, nil
}

func filterOfMap(b []byte) (filter string, set bool, err error) {
	n, b, err := msgp.ReadMapHeaderBytes(b)
	for found := false; n > 0 && err == nil; n-- {
		var key []byte
		if key, b, err = readText(b); err != nil {
			break
		}
		switch {
		case string(key) != "filter":
			b, err = skip(b, maxDepth)
		case found:
			err = errors.New("two filters")
		default:
			found = true
			filter, set, b, err = readFilter(b)
		}
	}
	return filter, set, err
}

func filterOfArray(b []byte) (filter string, set bool, err error) {
	n, b, err := msgp.ReadArrayHeaderBytes(b)
	if err == nil && n != 1 {
		err = fmt.Errorf("an array of %d instead of 1", n)
	}
	if err != nil {
		return "", false, err
	}
	filter, set, _, err = readFilter(b)
	return filter, set, err
}

func readFilter(b []byte) (filter string, set bool, rest []byte, err error) {
	if msgp.IsNil(b) {
		return "", false, b[1:], nil
	}
	text, rest, err := readText(b)
	switch {
	case err != nil:
		return "", false, rest, err
	case !utf8.Valid(text):
		return "", false, rest, errors.New("the filter is not UTF-8")
	}
	return string(text), true, rest, nil
}

// readText reads a str or a bin, which is what keys are. The result is a view.
func readText(b []byte) (text, rest []byte, err error) {
	if short(b) {
		return nil, b, msgp.ErrShortBytes
	}
	return msgp.ReadMapKeyZC(b)
}

// short tells whether b begins with a length of 32 bits and has fewer bytes. To
// msgp a length above 2 GiB is negative where int has 32 bits: it panics.
func short(b []byte) bool {
	const bin32, ext32, str32, head = 0xC6, 0xC9, 0xDB, 5
	if len(b) < head || b[0] != bin32 && b[0] != ext32 && b[0] != str32 {
		return false
	}
	return uint64(binary.BigEndian.Uint32(b[1:])) > uint64(len(b)-head)
}

// skip gives what is behind the first value of b. Unlike msgp.Skip, which goes
// 100,000 levels deep, it minds the stack.
func skip(b []byte, depth int) ([]byte, error) {
	var n uint64 // values inside
	var err error
	switch msgp.NextType(b) {
	case msgp.MapType:
		var pairs uint32
		pairs, b, err = msgp.ReadMapHeaderBytes(b)
		n = 2 * uint64(pairs)
	case msgp.ArrayType:
		var items uint32
		items, b, err = msgp.ReadArrayHeaderBytes(b)
		n = uint64(items)
	default:
		if short(b) {
			return b, msgp.ErrShortBytes
		}
		return msgp.Skip(b)
	}
	if depth == 0 {
		return b, errNesting
	}
	for ; n > 0 && err == nil; n-- { // each takes a byte at least, whatever n claims
		b, err = skip(b, depth-1)
	}
	return b, err
}
