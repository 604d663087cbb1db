package listeners

import (
	"bytes"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/busrt-go/busrt/codec"
)

// maxLine is how many bytes of a line are kept; a longer one is dropped up to
// its end.
const maxLine = 1 << 20

// lineFrame is what a line asks the broker to send.
type lineFrame struct {
	op      codec.Op // OpPublish, OpMessage or OpBroadcast
	target  string   // topic, name or mask; maybe empty
	payload []byte   // a view of the line, or bytes of its own
}

// parseLine reads one line without its newline [BUSRT-L1] [BUSRT-L2]:
//
//	=TOPIC PAYLOAD           publish; spaces around the line are trimmed
//	MASK PAYLOAD             broadcast, if there is a * or ? in MASK
//	TARGET .PAYLOAD          RPC notification
//	TARGET :METHOD K=V …     RPC call without a reply
//	TARGET PAYLOAD           message
//
// PAYLOAD is the rest of the line and may be empty. false means that nothing
// is to be sent. A NUL in a target or method would end it early on the wire,
// so such a line is not sent either.
func parseLine(line []byte) (lineFrame, bool) {
	line = bytes.TrimSuffix(line, []byte("\r"))
	if !utf8.Valid(line) {
		return lineFrame{}, false
	}
	op := codec.OpMessage
	if trimmed := bytes.Trim(line, " "); bytes.HasPrefix(trimmed, []byte("=")) {
		op, line = codec.OpPublish, trimmed[1:]
	}
	target, rest, ok := cutWord(line)
	if !ok {
		return lineFrame{}, false
	}
	f := lineFrame{op: op, target: string(target), payload: rest}
	if op == codec.OpMessage {
		if strings.ContainsAny(f.target, "*?") {
			f.op = codec.OpBroadcast // not RPC, so its payload has no signs in front [BUSRT-R7]
			return f, true
		}
		f.payload, ok = linePayload(rest)
	}
	return f, ok
}

// linePayload reads the second part of a line that is a message.
func linePayload(rest []byte) ([]byte, bool) {
	if after, ok := bytes.CutPrefix(rest, []byte(".")); ok {
		return codec.AppendRPCNotification(nil, after), true
	}
	call, ok := bytes.CutPrefix(rest, []byte(":"))
	if !ok {
		return rest, true
	}
	method, words, found := bytes.Cut(call, []byte(" "))
	if bytes.IndexByte(method, 0) >= 0 {
		return nil, false
	}
	var params []byte
	if found && len(bytes.Trim(words, " ")) > 0 { // no parameters: nothing, not an empty map [BUSRT-L2]
		var err error
		if params, err = codec.AppendParams(nil, strings.Split(string(words), " ")); err != nil {
			return nil, false
		}
	}
	return codec.AppendRPCRequest(nil, 0, string(method), params), true
}

// cutWord splits a line at its first space; false if there is none, or if the
// word in front of it cannot be a target.
func cutWord(line []byte) (word, rest []byte, ok bool) {
	word, rest, ok = bytes.Cut(line, []byte(" "))
	return word, rest, ok && bytes.IndexByte(word, 0) < 0
}

// lineCutter puts lines together from what reads happen to return.
type lineCutter struct {
	part     []byte // of a line whose end has not come
	skipping bool   // the line is too long: its rest is dropped
	dropped  int    // lines that were too long, since the last end
}

// cut adds b and yields the lines that are complete, without their newlines.
// A line is valid until the next one is asked for. The loop must not be left
// early.
func (c *lineCutter) cut(b []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for {
			line, rest, found := bytes.Cut(b, []byte("\n"))
			if !found {
				c.keep(b)
				return
			}
			b = rest
			if len(c.part) > 0 || c.skipping || len(line) > maxLine {
				c.keep(line)
				line = c.part
				c.part = c.part[:0]
			}
			if c.skipping {
				c.skipping = false
			} else if !yield(line) {
				return
			}
		}
	}
}

// end is the end of the stream: what is left is a line if it is not empty
// [BUSRT-L1]. The line is valid until the next cut.
func (c *lineCutter) end() (line []byte, ok bool) {
	line, ok = c.part, len(c.part) > 0 && !c.skipping
	*c = lineCutter{}
	return line, ok
}

func (c *lineCutter) keep(b []byte) {
	switch {
	case c.skipping:
	case len(c.part)+len(b) > maxLine:
		c.skipping = true
		c.part = nil
		c.dropped++
	default:
		c.part = append(c.part, b...)
	}
}
