package cursors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/tinylib/msgp/msgp"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

// Map are the open cursors of a program that has rows to give. Make one with
// [New]. Methods may be called by any goroutine.
type Map struct {
	options Options

	mu      sync.Mutex
	cursors map[uuid.UUID]*entry // nil once closed
	open    int                  // of those, the ones with a source
}

// New makes a map without cursors.
func New(o Options) (*Map, error) {
	o = o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return &Map{options: o, cursors: make(map[uuid.UUID]*entry)}, nil
}

// Handle has mux answer N and NB.
func (m *Map) Handle(mux *rpc.Mux) {
	mux.Handle(MethodNext, m.Next)
	mux.Handle(MethodNextBulk, m.NextBulk)
}

// Open makes a cursor of s, which is the map's from then on, and gives the
// result with which the handler of a method answers. The error is [codec.Busy]
// if too many are open or the map is closed; then s is closed at once.
func (m *Map) Open(s Source) (result []byte, err error) {
	id := uuid.New()
	e := &entry{owner: m, id: id, source: s}
	e.mu.Lock()
	defer e.mu.Unlock()
	m.mu.Lock()
	full := m.cursors == nil || m.open >= m.options.MaxOpen
	if !full {
		m.open++
		m.cursors[id] = e
	}
	m.mu.Unlock()
	if full {
		s.Close()
		return nil, codec.Busy
	}
	e.timer = time.AfterFunc(m.options.TTL, e.expire)
	e.prolong()
	return (&Payload{ID: id}).MarshalMsg(nil)
}

// Next answers N: with the next row, or with nothing at the end.
func (m *Map) Next(ctx context.Context, r *rpc.Request) (result []byte, err error) {
	id, _, err := parse(r.Params)
	if err != nil {
		return nil, err
	}
	err = m.use(ctx, id, func(e *entry) error {
		switch row, err := e.next(ctx); {
		case err != nil:
			return err
		case len(row) == 0:
			return errors.New("busrt: an empty row")
		default:
			result = append([]byte(nil), row...)
			return nil
		}
	})
	return result, err
}

// NextBulk answers NB: with an array of as many rows as are wanted, fewer only
// at the end.
func (m *Map) NextBulk(ctx context.Context, r *rpc.Request) (result []byte, err error) {
	id, wanted, err := parse(r.Params)
	switch {
	case err != nil:
		return nil, err
	case wanted > uint64(m.options.MaxBulk):
		return nil, &rpc.Error{Code: codec.RPCInvalidParams, Data: fmt.Sprintf("%d rows: want up to %d", wanted, m.options.MaxBulk)}
	}
	var (
		rows []byte
		n    uint32
	)
	err = m.use(ctx, id, func(e *entry) error {
		for ; uint64(n) < wanted; n++ {
			row, err := e.next(ctx)
			switch {
			case err != nil:
				return err
			case !one(row):
				return errors.New("busrt: a row that is not a MessagePack value")
			}
			rows = append(rows, row...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return append(msgp.AppendArrayHeader(nil, n), rows...), nil
}

// use has f read from a cursor and prolongs its life. io.EOF ends it, which the
// caller sees from what he gets; any other error does so, too, and the caller
// gets that.
func (m *Map) use(ctx context.Context, id uuid.UUID, f func(e *entry) error) error {
	m.mu.Lock()
	e := m.cursors[id]
	m.mu.Unlock()
	if e == nil {
		return &rpc.Error{Code: codec.RPCNotFound}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.gone:
		return &rpc.Error{Code: codec.RPCNotFound}
	case ctx.Err() != nil:
		return ctx.Err() // nothing was read yet, the cursor lives
	}
	e.timer.Stop()
	defer e.prolong()
	err := f(e)
	if err == nil {
		return nil
	}
	if err != io.EOF { //nolint:errorlint // itself: wrapped, it is that of a source's own connection
		e.remove()
		return err
	}
	e.finish()
	return nil
}

// Close closes all cursors, after the calls that are being answered, and opens
// no more.
func (m *Map) Close() {
	m.mu.Lock()
	entries := m.cursors
	m.cursors = nil
	m.mu.Unlock()
	for _, e := range entries {
		e.mu.Lock()
		e.remove()
		e.mu.Unlock()
	}
}
