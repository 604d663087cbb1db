package listeners

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/allocbound"
)

// FuzzLines writes bytes to a FIFO, in pieces. Its lines are those between the
// newlines wherever reads cut, and what they ask to be sent survives the wire
// [BUSRT-L1].
func FuzzLines(f *testing.F) {
	for _, text := range []string{
		"=a/b hello world\nx hi\r\n.broker :test\n* all\nx .note\nx :m a=1 b=c=d e=.5\n",
		"x hi", "\n\n x", "x :m word\n= t\n", "a\x00b x\nx \xff\n=t\x00 x\n", "x  :m\n=  x\n",
	} {
		f.Add([]byte(text), []byte{0})
		f.Add([]byte(text), []byte{6, 1, 30})
	}
	f.Fuzz(func(t *testing.T, text, cuts []byte) {
		want := strings.Split(string(text), "\n")
		if last := len(want) - 1; want[last] == "" {
			want = want[:last] // not a line unless there is something in it
		}
		if got, dropped := cutAll(piecesOf(text, cuts)...); !slices.Equal(got, want) || dropped > 0 {
			t.Errorf("lines %q, want %q; %d dropped", got, want, dropped)
		}
		allocbound.Check(t, len(text), func() {
			var c lineCutter
			for line := range c.cut(text) {
				_, _ = parseLine(line)
			}
			line, _ := c.end()
			_, _ = parseLine(line)
		})
		for _, line := range want {
			checkLine(t, line)
		}
	})
}

func piecesOf(b, cuts []byte) (pieces [][]byte) {
	for len(b) > 0 {
		n := len(b)
		if len(cuts) > 0 {
			n = min(n, 1+int(cuts[len(pieces)%len(cuts)]))
		}
		pieces = append(pieces, bytes.Clone(b[:n]))
		b = b[n:]
	}
	return pieces
}

// checkLine holds what a line is to be sent as against the line, and against
// what the broker would read.
func checkLine(t *testing.T, line string) {
	t.Helper()
	f, ok := parseLine([]byte(line))
	if !ok {
		return
	}
	if !strings.Contains(line, f.target) || strings.ContainsAny(f.target, " \x00") || !utf8.ValidString(line) {
		t.Errorf("%q: target %q", line, f.target)
	}
	if mask := strings.ContainsAny(f.target, "*?"); f.op != codec.OpPublish && mask != (f.op == codec.OpBroadcast) {
		t.Errorf("%q: %v to %q", line, f.op, f.target)
	}
	wire := codec.AppendFrame(nil, 1, f.op, codec.QoSNo, f.target, f.payload)
	var got codec.Frame
	d := codec.Decoder{MaxBody: len(wire)}
	if n, _, err := d.Next(wire, &got); n != len(wire) || err != nil || string(got.Target) != f.target || !bytes.Equal(got.Payload, f.payload) {
		t.Errorf("%q: on the wire %+v, %v", line, got, err)
	}
	if f.op != codec.OpMessage || strings.HasSuffix(strings.TrimSuffix(line, "\r"), string(f.payload)) {
		return // as it stands, or with a sign in front
	}
	if rpc, ok := codec.ParseRPC(f.payload); !ok || rpc.ID != 0 || rpc.Kind == codec.RPCReply {
		t.Errorf("%q: neither text nor a call: % X", line, f.payload)
	}
}
