package main

import (
	"bytes"
	"encoding/hex"
	"slices"
	"unicode/utf8"
)

// shownBytes are what is shown of a payload that is neither text nor
// MessagePack.
const shownBytes = 256

// Line ends and indentation of a payload that is shown take so much at most, for
// each of its bytes and once: it may be a megabyte at a depth of a thousand. What
// follows has no more of them.
const (
	indentPerByte = 16
	indentBase    = 64 << 10

	jsonPerByte = 4 // what a list of short numbers takes on one line
)

// appendPayload appends what is printed of a payload (docs/cli.md, section 4).
// The loud form says what it takes the payload for, the silent form is for
// programs that read it.
func appendPayload(dst, payload []byte, silent bool) []byte {
	indent := 0
	label := func(string) {}
	if !silent {
		indent = indentBase + indentPerByte*len(payload)
		label = func(text string) { dst = append(dst, text...) }
	}
	if isText(payload) {
		if object, ok := parseObject(payload); ok {
			label("JSON:\n")
			dst, _ = appendJSON(dst, object, indent)
			return append(dst, '\n')
		}
		label("STR: ")
		dst = append(dst, ' ')
		dst = append(dst, payload...)
		return append(dst, '\n')
	}
	value, ok := parseMsgpack(payload)
	switch {
	case ok:
		label("MSGPACK:\n")
		dst = slices.Grow(dst, jsonPerByte*len(payload))
		if json, ok := appendJSON(dst, value, indent); ok {
			return append(json, '\n')
		}
	case silent:
		return append(dst, payload...)
	}
	return appendHex(dst, payload)
}

// isText tells whether payload passes for text: UTF-8 without the bytes that
// MessagePack of numbers, short maps and lists is full of.
func isText(payload []byte) bool {
	return !bytes.ContainsFunc(payload, func(r rune) bool { return r < 9 }) && utf8.Valid(payload)
}

func appendHex(dst, payload []byte) []byte {
	dst = append(dst, "HEX: "...)
	dst = hex.AppendEncode(dst, payload[:min(len(payload), shownBytes)])
	if len(payload) > shownBytes {
		dst = append(dst, "..."...)
	}
	return append(dst, '\n')
}
