package cursors_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"slices"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/internal/brokertest"
	"github.com/busrt-go/busrt/rpc"
	"github.com/busrt-go/busrt/rpc/cursors"
)

var check, within = brokertest.Check, brokertest.Within

// What the encoder of the reference gives, map with names.
func TestPayload(t *testing.T) { // [section 13: Cursor payload]
	id := [16]byte{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF}
	const u = "A175C41000112233445566778899AABBCCDDEEFF"
	n := func(n uint64) *uint64 { return &n }
	tests := []struct {
		rows *uint64
		wire string
	}{
		{nil, "81" + u},
		{n(0), "82" + u + "A16E00"},
		{n(1), "82" + u + "A16E01"},
		{n(127), "82" + u + "A16E7F"},
		{n(128), "82" + u + "A16ECC80"},
		{n(255), "82" + u + "A16ECCFF"},
		{n(256), "82" + u + "A16ECD0100"},
		{n(65535), "82" + u + "A16ECDFFFF"},
		{n(65536), "82" + u + "A16ECE00010000"},
		{n(1 << 32), "82" + u + "A16ECF0000000100000000"},
	}
	for _, tt := range tests {
		wire, err := hex.DecodeString(tt.wire)
		check(t, err)
		if got, err := (&cursors.Payload{ID: id, Rows: tt.rows}).MarshalMsg(nil); !bytes.Equal(got, wire) || err != nil {
			t.Errorf("% X, want % X: %v", got, wire, err)
		}
		var p cursors.Payload
		if _, err := p.UnmarshalMsg(wire); err != nil || p.ID != id || (p.Rows == nil) != (tt.rows == nil) || p.Rows != nil && *p.Rows != *tt.rows {
			t.Errorf("% X: %+v, %v", wire, p, err)
		}
	}
}

// numbers are n rows; a row is a number.
func numbers(n int) iter.Seq2[msgp.Raw, error] {
	return func(yield func(msgp.Raw, error) bool) {
		for i := range n {
			if !yield(msgp.AppendInt(nil, i), nil) {
				return
			}
		}
	}
}

// dial connects to a broker.
func dial(t *testing.T, b *brokertest.Broker, name string, h rpc.Handler) *rpc.Conn {
	t.Helper()
	bus, err := client.Dial(within(t), b.Address, b.Trusted(client.Options{Name: name}))
	check(t, err)
	c, err := rpc.New(bus, h, rpc.Options{})
	check(t, err)
	t.Cleanup(func() { check(t, c.Close()) })
	return c
}

// serve answers the method "rows", whose param is their number.
func serve(t *testing.T, b *brokertest.Broker, o cursors.Options) *rpc.Conn {
	t.Helper()
	m, err := cursors.New(o)
	check(t, err)
	t.Cleanup(m.Close)
	var mux rpc.Mux
	m.Handle(&mux)
	mux.Handle("rows", func(_ context.Context, r *rpc.Request) ([]byte, error) {
		n, _, err := msgp.ReadIntBytes(r.Params)
		if err != nil {
			return nil, err
		}
		return m.Open(cursors.FromSeq(numbers(n)))
	})
	return dial(t, b, "rows", &mux)
}

func open(t *testing.T, c *rpc.Conn, rows int) *cursors.Cursor {
	t.Helper()
	cur, err := cursors.Open(within(t), c, "rows", "rows", msgp.Raw(msgp.AppendInt(nil, rows)))
	check(t, err)
	return cur
}

// All rows come, each once, in their order, however they are fetched and
// wherever a loop is left.
func TestRows(t *testing.T) {
	brokertest.Over(t, engine.Options{}, func(t *testing.T, b *brokertest.Broker) {
		serve(t, b, cursors.Options{MaxBulk: 100})
		c := dial(t, b, "caller", nil)
		for _, rows := range []int{0, 1, 9, 10, 11, 100} {
			for _, bulk := range []int{0, 1, 10, 99, 100} {
				for _, leave := range []int{1, 3, 1000} {
					cur := open(t, c, rows)
					var got []int
					for round := 0; len(got) < rows || round == 0; round++ {
						n := 0
						for row, err := range cursors.Rows[number](within(t), cur, bulk) {
							check(t, err)
							got = append(got, int(row))
							if n++; n == leave {
								break
							}
						}
						if round > rows {
							break
						}
					}
					if !slices.Equal(got, slices.Collect(upTo(rows))) {
						t.Errorf("%d rows by %d, left after %d: %v", rows, bulk, leave, got)
					}
					for row, err := range cur.Rows(within(t), bulk) {
						t.Errorf("behind the last: % X, %v", row, err)
					}
				}
			}
		}
	})
}

func upTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// number is a row that reads itself.
type number int

func (n *number) UnmarshalMsg(b []byte) (rest []byte, err error) {
	i, rest, err := msgp.ReadIntBytes(b)
	*n = number(i)
	return rest, err
}

// What a caller sees of calls that fail: never an end.
func TestFailures(t *testing.T) {
	brokertest.Over(t, engine.Options{}, func(t *testing.T, b *brokertest.Broker) {
		rows := serve(t, b, cursors.Options{MaxBulk: 100, MaxOpen: 4})
		c := dial(t, b, "caller", nil)
		fails := func(what string, cur *cursors.Cursor, bulk int, want error) {
			t.Helper()
			for range 2 { // it stays so
				n := 0
				for row, err := range cur.Rows(within(t), bulk) {
					if n++; n > 1 || !errors.Is(err, want) {
						t.Errorf("%s: % X, %v", what, row, err)
					}
				}
				if n != 1 {
					t.Errorf("%s: %d rows, want the error", what, n)
				}
			}
		}
		fails("too many at once", open(t, c, 1000), 101, &rpc.Error{Code: codec.RPCInvalidParams})
		over, cancel := context.WithCancel(within(t))
		cancel()
		cur := open(t, c, 2)
		for _, err := range cur.Rows(over, 1) {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		}
		for row, err := range cur.Rows(within(t), 1) { // it was not called
			check(t, err)
			if !bytes.Equal(row, []byte{0}) {
				t.Errorf("% X", row)
			}
			break
		}
		left := open(t, c, 10)
		_ = open(t, c, 10)
		if _, err := cursors.Open(within(t), c, "rows", "rows", msgp.Raw{1}); !errors.Is(err, codec.Busy) {
			t.Errorf("one too many: %v", err)
		}
		for _, err := range left.Rows(within(t), 4) {
			check(t, err)
			break
		}
		check(t, rows.Close())
		b.AwaitGone(t, "rows")
		n := 0
		for row, err := range left.Rows(within(t), 4) {
			if n++; n < 4 && err != nil || n == 4 && !errors.Is(err, codec.NotRegistered) {
				t.Errorf("row %d after the other side left: % X, %v", n, row, err)
			}
		}
		b.Stop(t)
		fails("the broker gone", cur, 1, io.EOF)
	})
}

// malformed answers of the other side.
func TestMalformedAnswers(t *testing.T) {
	b := brokertest.Serve(t, "unix", engine.Options{})
	var answer []byte
	var mux rpc.Mux
	mux.Handle("rows", func(context.Context, *rpc.Request) ([]byte, error) { return (&cursors.Payload{}).MarshalMsg(nil) })
	mux.Handle("NB", func(context.Context, *rpc.Request) ([]byte, error) { return answer, nil })
	dial(t, b, "rows", &mux)
	c := dial(t, b, "caller", nil)
	for _, tt := range []struct {
		answer string
		rows   int // before the error
	}{
		{"01", 0}, {"93010203", 0}, {"9201", 1}, {"DDFFFFFFFF", 0}, {"92C1", 0}, {"91A1", 0},
	} {
		answer, _ = hex.DecodeString(tt.answer)
		cur, n, last := open(t, c, 0), 0, error(nil)
		for _, err := range cur.Rows(within(t), 2) {
			if last = err; err == nil {
				n++
			}
		}
		if last == nil || n != tt.rows {
			t.Errorf("%s: %d rows, %v", tt.answer, n, last)
		}
	}
	answer = []byte{0x91, 0xA1, 'x'}
	for row, err := range cursors.Rows[number](within(t), open(t, c, 0), 2) {
		if err == nil {
			t.Errorf("a text is number %v", row)
		}
	}
}
