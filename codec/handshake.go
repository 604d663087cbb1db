package codec

import (
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Greeting is what both sides send first: a magic byte and the version of the
// protocol [BUSRT-H1] [BUSRT-H2].
//
//	EB | 01 00
//	   | version
var Greeting = [3]byte{0xEB, 1, 0}

// CheckGreeting judges the first three bytes of b, which are there: OK, or
// NotSupported for another magic byte or version [BUSRT-H2].
func CheckGreeting(b []byte) Status {
	if [3]byte(b) != Greeting {
		return NotSupported
	}
	return OK
}

const helloHeaderLen = 2 // the length of the name

// HelloLen reads the length of the name that b announces, in bytes. ok is
// false until its two bytes are there.
func HelloLen(b []byte) (n int, ok bool) {
	if len(b) < helloHeaderLen {
		return 0, false
	}
	return int(binary.LittleEndian.Uint16(b)), true
}

// ConsumeHello reads the client's name from the start of b, unchecked
// [BUSRT-H4]. n is how many bytes it took, its length included, and 0 while it
// is not whole; the name is a view of b.
//
//	[2]byte | name
//	length  |
func ConsumeHello(b []byte) (name []byte, n int) {
	length, ok := HelloLen(b)
	n = helloHeaderLen + length
	if !ok || len(b) < n {
		return nil, 0
	}
	return b[helloHeaderLen:n:n], n
}

// AppendHello appends the client's name [BUSRT-H4], at most 65535 bytes.
//
//	[2]byte | name
//	length  |
func AppendHello(dst []byte, name string) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(name)))
	return append(dst, name...)
}

// SecondarySeparator stands between a primary name and the suffix of a
// secondary.
const SecondarySeparator = "%%"

// PrimaryName is the name before the first separator, all of it if there is
// none [BUSRT-H6].
func PrimaryName(name string) string {
	primary, _, _ := strings.Cut(name, SecondarySeparator)
	return primary
}

// NameLimits bounds what a name may cost. The zero value has the defaults;
// whoever raises MaxDots pays with memory for each name [BUSRT-H7].
type NameLimits struct {
	MaxLen  int // bytes; 0 means DefaultMaxName
	MaxDots int // 0 means DefaultMaxNameDots
}

// Defaults of [NameLimits].
const (
	DefaultMaxName     = 255
	DefaultMaxNameDots = 16
)

// Allows tells whether a name of n bytes is not too long. An empty one is not;
// [NameLimits.Check] minds it.
func (l NameLimits) Allows(n int) bool {
	if l.MaxLen == 0 {
		return n <= DefaultMaxName
	}
	return n <= l.MaxLen
}

// Check judges a name [BUSRT-H4] [BUSRT-H7]. text is false if it is not UTF-8:
// then the connection ends without an answer, and there is no code. Else code
// is OK or Data.
func (l NameLimits) Check(name []byte) (code Status, text bool) {
	dots := l.MaxDots
	if dots == 0 {
		dots = DefaultMaxNameDots
	}
	s := string(name)
	switch {
	case !utf8.ValidString(s):
		return 0, false
	case s == "", s[0] == '.', !l.Allows(len(s)), strings.Count(s, ".") > dots:
		return Data, true
	case strings.ContainsAny(s, "*?#+"), strings.ContainsFunc(s, unicode.IsControl): // NUL is one
		return Data, true
	}
	return OK, true
}
