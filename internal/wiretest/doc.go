// Package wiretest has the golden bytes of the protocol in tables: what goes
// over the wire, and what is to be read from it. The tests of the codec, of
// sessions and the seeds of fuzzing all take them from here, so that a rule is
// written down once. Each row names the rule it is about.
//
// A wire is the exact bytes of one frame, hello or payload. The tables are
// shared: tests only read them, from whatever goroutine, and copy what they
// want to change.
//
// Rule ids such as BUSRT-F3 refer to docs/protocol.md.
package wiretest

import (
	"encoding/hex"
	"strings"
)

// wire makes bytes of a head in hexadecimal, blanks for the eye, and text
// behind it. It panics if the head is none, when the tables are built.
func wire(head string, text ...string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(head, " ", ""))
	if err != nil {
		panic("wiretest: " + err.Error())
	}
	for _, t := range text {
		b = append(b, t...)
	}
	return b
}
