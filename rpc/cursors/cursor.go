package cursors

import (
	"context"
	"fmt"
	"iter"

	"github.com/tinylib/msgp/msgp"

	"github.com/busrt-go/busrt/rpc"
)

// Cursor goes through rows that another client has. Make one with [Open]. It is
// for one goroutine at a time.
type Cursor struct {
	conn   *rpc.Conn
	target string
	id     [16]byte

	rows  []byte // that have come and were not given yet
	left  uint32 // their number
	ended bool   // nothing will come behind them
	err   error  // nor this: a call failed
}

// Open calls a method that opens a cursor. params nil are empty ones. Errors are
// those of [rpc.Call].
func Open(ctx context.Context, c *rpc.Conn, target, method string, params msgp.Marshaler) (*Cursor, error) {
	p, err := rpc.Call[Payload](ctx, c, target, method, params)
	if err != nil {
		return nil, err
	}
	return &Cursor{conn: c, target: target, id: p.ID}, nil
}

// Rows goes through the rows that were not gone through yet. It calls NB for bulk
// rows at a time, or N for each if bulk is 0. A loop may be left and another
// one goes on where it was, unless a call has failed: nobody knows which rows
// that has lost, and all later ones yield the same error. An error is the last
// that is yielded; that of ctx, if it has ended between calls, is no failure.
//
// There is no way to close a cursor that is left for good; it expires.
func (c *Cursor) Rows(ctx context.Context, bulk int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for {
			row, err := c.next(ctx, bulk)
			if row == nil && err == nil || !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// Rows is [Cursor.Rows] of a type that reads MessagePack, by its pointer. A row
// that cannot be read is the last.
func Rows[T any, P interface {
	*T
	msgp.Unmarshaler
}](ctx context.Context, c *Cursor, bulk int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for b, err := range c.Rows(ctx, bulk) {
			var row T
			if err == nil {
				if _, err = P(&row).UnmarshalMsg(b); err != nil {
					err = fmt.Errorf("busrt: row of %s: %w", c.target, err)
				}
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// next gives the next row, nil at the end.
func (c *Cursor) next(ctx context.Context, bulk int) ([]byte, error) {
	for c.left == 0 {
		switch {
		case c.err != nil:
			return nil, c.err
		case c.ended:
			return nil, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case bulk <= 0:
			row, err := c.call(ctx, MethodNext, nil)
			if c.ended = err == nil && len(row) == 0; c.ended || err != nil {
				continue
			}
			return row, nil
		default:
			c.fetch(ctx, uint64(bulk))
		}
	}
	rest, err := msgp.Skip(c.rows)
	if err != nil {
		c.left, c.err = 0, fmt.Errorf("busrt: rows of %s: %w", c.target, err)
		return nil, c.err
	}
	row := c.rows[: len(c.rows)-len(rest) : len(c.rows)-len(rest)]
	c.rows = rest
	c.left--
	return row, nil
}

// fetch calls for a bulk of rows.
func (c *Cursor) fetch(ctx context.Context, bulk uint64) {
	b, err := c.call(ctx, MethodNextBulk, &bulk)
	if err != nil {
		return
	}
	var n uint32
	if len(b) > 0 {
		if n, b, err = msgp.ReadArrayHeaderBytes(b); err == nil && uint64(n) > bulk {
			err = fmt.Errorf("%d rows, %d were asked for", n, bulk)
		}
	}
	if err != nil {
		c.err = fmt.Errorf("busrt: rows of %s: %w", c.target, err)
		return
	}
	c.rows, c.left, c.ended = b, n, uint64(n) < bulk
}

func (c *Cursor) call(ctx context.Context, method string, rows *uint64) (result []byte, err error) {
	params, err := (&Payload{ID: c.id, Rows: rows}).MarshalMsg(nil)
	if err == nil {
		result, err = c.conn.Call(ctx, c.target, method, params)
	}
	c.err = err
	return result, err
}
