package wsconn

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/busrt-go/busrt/internal/allocbound"
)

// upgraded is a response that gives its connection away.
type upgraded struct {
	*httptest.ResponseRecorder
	conn net.Conn
}

func (u upgraded) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return u.conn, bufio.NewReadWriter(bufio.NewReader(u.conn), bufio.NewWriter(u.conn)), nil
}

// server gives the server's end of a connection whose client says so, in pieces
// of so many bytes, and then closes if it has not said that.
func server(tb testing.TB, said []byte, piece int, closes bool, peer *sync.WaitGroup) *Conn {
	tb.Helper()
	below, client := net.Pipe()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for key, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
	} {
		r.Header.Set(key, value)
	}
	ws, err := websocket.Accept(upgraded{httptest.NewRecorder(), below}, r, nil)
	if err != nil {
		tb.Fatal(err)
	}
	peer.Go(func() { _, _ = io.Copy(io.Discard, client) })
	peer.Go(func() {
		for err := error(nil); err == nil && len(said) > 0; {
			n := min(piece, len(said))
			_, err = client.Write(said[:n])
			said = said[n:]
		}
		if closes {
			_ = client.Close()
		}
	})
	return New(ws, below)
}

// heard reads to the end.
func heard(tb testing.TB, said []byte, piece int, closes bool) ([]byte, error) {
	tb.Helper()
	var peer sync.WaitGroup
	c := server(tb, said, piece, closes, &peer)
	var all []byte
	b := make([]byte, 512)
	for {
		n, err := c.Read(b)
		all = append(all, b[:n]...)
		if err != nil {
			_ = c.Close()
			peer.Wait()
			return all, err
		}
	}
}

// The opcodes of RFC 6455, section 5.2.
const (
	opContinuation = 0
	opBinary       = 2
	opClose        = 8
	opPing         = 9
	final          = 0x80
)

// appendMasked appends a frame as clients send it.
func appendMasked(dst []byte, first byte, payload []byte) []byte {
	mask := [4]byte{0x12, 0x34, 0x56, byte(len(payload))}
	dst = append(dst, first)
	if len(payload) < 126 {
		dst = append(dst, 0x80|byte(len(payload)))
	} else {
		dst = binary.BigEndian.AppendUint64(append(dst, 0x80|127), uint64(len(payload)))
	}
	dst = append(dst, mask[:]...)
	for i, b := range payload {
		dst = append(dst, b^mask[i%4])
	}
	return dst
}

// messages puts payload into binary messages, each byte of cuts a frame: so many
// bytes, of a message that goes on or not, with a ping behind it or not.
func messages(payload, cuts []byte) (said []byte) {
	opcode := byte(opBinary)
	for _, cut := range cuts {
		n := min(len(payload), int(cut&0x3f)*5)
		if cut&0x80 != 0 {
			said, opcode = appendMasked(said, opcode, payload[:n]), opContinuation
		} else {
			said, opcode = appendMasked(said, opcode|final, payload[:n]), opBinary
		}
		if cut&0x40 != 0 {
			said = appendMasked(said, opPing|final, []byte("ping"))
		}
		payload = payload[n:]
	}
	said = appendMasked(said, opcode|final, payload)
	return appendMasked(said, opClose|final, binary.BigEndian.AppendUint16(nil, uint16(websocket.StatusNormalClosure)))
}

// Binary messages are one stream of bytes, however they are cut into messages,
// frames and packets; and a peer that says anything else ends its connection,
// having cost no more than it said.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("payload"), []byte{1, 0x80, 0xc1, 0x40}, 3)
	f.Add(messages(bytes.Repeat([]byte("x"), 300), []byte{0xff, 0x3f}), []byte{}, 1)
	f.Add([]byte{opBinary | final, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, []byte{0xff}, 1000)
	f.Add([]byte{opBinary | final, 0xff, 0, 0, 0, 0, 0xff, 0, 0, 0, 1, 2, 3, 4, 5}, []byte{0x7f}, 2)
	f.Fuzz(func(t *testing.T, b, cuts []byte, piece int) {
		piece = 1 + int(uint(piece)%4096)
		if got, err := heard(t, messages(b, cuts), piece, false); !bytes.Equal(got, b) || !errors.Is(err, io.EOF) {
			t.Errorf("%d bytes came as %d, %v", len(b), len(got), err)
		}
		if got, err := heard(t, b, piece, true); len(got) > len(b) || err == nil {
			t.Errorf("%d bytes came of %d, %v", len(got), len(b), err)
		}
		allocbound.Check(t, len(b), func() { _, _ = heard(t, b, piece, true) })
	})
}
