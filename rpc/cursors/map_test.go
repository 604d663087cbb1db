package cursors_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
	"github.com/busrt-go/busrt/rpc/cursors"
)

// source gives its rows, then an error.
type source struct {
	rows   []string
	err    error
	takes  time.Duration // each row
	closed atomic.Int32
}

func (s *source) Next(context.Context) ([]byte, error) {
	time.Sleep(s.takes) //nolint:forbidigo // the clock of the bubble
	if s.closed.Load() > 0 {
		return nil, errors.New("read after its close")
	}
	if len(s.rows) == 0 {
		return nil, s.err
	}
	row := s.rows[0]
	s.rows = s.rows[1:]
	return []byte(row), nil
}

func (s *source) Close() { s.closed.Add(1) }

func newMap(t *testing.T, o cursors.Options) *cursors.Map {
	t.Helper()
	m, err := cursors.New(o)
	check(t, err)
	return m
}

// opened is a cursor of s, ready to be called.
func opened(t *testing.T, m *cursors.Map, s cursors.Source) (n func() (string, error), nb func(rows uint64) (string, error)) {
	t.Helper()
	result, err := m.Open(s)
	check(t, err)
	var p cursors.Payload
	_, err = p.UnmarshalMsg(result)
	check(t, err)
	call := func(f rpc.CallFunc, rows *uint64) (string, error) {
		params, err := (&cursors.Payload{ID: p.ID, Rows: rows}).MarshalMsg(nil)
		check(t, err)
		result, err := f(t.Context(), &rpc.Request{Params: params})
		return string(result), err
	}
	return func() (string, error) { return call(m.Next, nil) },
		func(rows uint64) (string, error) { return call(m.NextBulk, &rows) }
}

// The ends a source may come to; it is closed then, once, and not before.
func TestEnds(t *testing.T) {
	fault := errors.New("the table is gone")
	type step struct {
		bulk   int // -1: N
		result string
		err    error
		closed bool
	}
	notFound := &rpc.Error{Code: codec.RPCNotFound}
	tests := []struct {
		name  string
		rows  []string
		err   error
		steps []step
	}{
		{"by rows", []string{"a", "bc"}, io.EOF, []step{
			{-1, "a", nil, false}, {-1, "bc", nil, false}, {-1, "", nil, true}, {-1, "", nil, true}, {2, "\x90", nil, true},
		}},
		{"in bulks", []string{"\x01", "\xA1a", "\x03"}, io.EOF, []step{
			{2, "\x92\x01\xA1a", nil, false}, {2, "\x91\x03", nil, true}, {2, "\x90", nil, true},
		}},
		{"in a bulk, exactly", []string{"\x01", "\x02"}, io.EOF, []step{{2, "\x92\x01\x02", nil, false}, {2, "\x90", nil, true}}},
		{"nothing wanted", []string{"\x01"}, io.EOF, []step{{0, "\x90", nil, false}, {1, "\x91\x01", nil, false}}},
		{"nothing", nil, io.EOF, []step{{-1, "", nil, true}}},
		{"fails", []string{"\x01"}, fault, []step{{-1, "\x01", nil, false}, {-1, "", fault, true}, {-1, "", notFound, true}}},
		{"fails in a bulk", []string{"\x01"}, fault, []step{{2, "", fault, true}, {2, "", notFound, true}}},
		{"an end of something else", nil, fmt.Errorf("table: %w", io.EOF), []step{{-1, "", io.EOF, true}, {-1, "", notFound, true}}},
		{"an empty row", []string{""}, io.EOF, []step{{-1, "", errAny, true}, {-1, "", notFound, true}}},
		{"two values in a row", []string{"\x01\x02"}, io.EOF, []step{{1, "", errAny, true}}},
		{"half a value", []string{"\xA2a"}, io.EOF, []step{{1, "", errAny, true}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMap(t, cursors.Options{})
			s := &source{rows: tt.rows, err: tt.err}
			n, nb := opened(t, m, s)
			for i, step := range tt.steps {
				got, err := "", error(nil)
				if step.bulk < 0 {
					got, err = n()
				} else {
					got, err = nb(uint64(step.bulk))
				}
				ok := errors.Is(err, step.err) || errors.Is(step.err, errAny) && err != nil
				if got != step.result || !ok || (err == nil) != (step.err == nil) || (s.closed.Load() > 0) != step.closed {
					t.Errorf("step %d: %q, %v, closed %d times, want %+v", i, got, err, s.closed.Load(), step)
				}
			}
			m.Close()
			if n := s.closed.Load(); n != 1 {
				t.Errorf("closed %d times", n)
			}
		})
	}
}

var errAny = errors.New("any")

// Each call prolongs a cursor's life, also one that takes longer than that.
func TestTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMap(t, cursors.Options{TTL: 10 * time.Second, MaxOpen: 3})
		rows := make([]string, 100)
		for i := range rows {
			rows[i] = "\x01"
		}
		used, idle, slow := &source{rows: rows}, &source{rows: rows}, &source{rows: rows, takes: time.Minute}
		usedN, _ := opened(t, m, used)
		idleN, _ := opened(t, m, idle)
		slowN, _ := opened(t, m, slow)
		for range 3 {
			if _, err := slowN(); err != nil {
				t.Errorf("a call that takes longer: %v", err)
			}
			if slow.closed.Load() > 0 {
				t.Error("closed while it was called")
			}
			synctest.Wait()
		}
		if _, err := usedN(); !errors.Is(err, &rpc.Error{Code: codec.RPCNotFound}) { // three minutes
			t.Errorf("not called for long: %v", err)
		}
		n, nb := opened(t, m, &source{rows: rows})
		for i := range 10 {
			time.Sleep(10*time.Second - 1) //nolint:forbidigo // the clock of the bubble
			var err error
			if i%2 == 0 {
				_, err = n()
			} else {
				_, err = nb(2)
			}
			check(t, err)
		}
		if _, err := idleN(); !errors.Is(err, &rpc.Error{Code: codec.RPCNotFound}) || idle.closed.Load() != 1 {
			t.Errorf("never called: %v, closed %d times", err, idle.closed.Load())
		}
		time.Sleep(10 * time.Second) //nolint:forbidigo // the clock of the bubble
		synctest.Wait()
		if _, err := n(); !errors.Is(err, &rpc.Error{Code: codec.RPCNotFound}) {
			t.Errorf("after its time: %v", err)
		}
		m.Close()
	})
}

// As many are open as may be; those at their end do not count.
func TestMaxOpen(t *testing.T) {
	m := newMap(t, cursors.Options{MaxOpen: 2})
	n, _ := opened(t, m, &source{err: io.EOF})
	last := &source{err: io.EOF}
	opened(t, m, last)
	tooMany := &source{}
	if _, err := m.Open(tooMany); !errors.Is(err, codec.Busy) || tooMany.closed.Load() != 1 {
		t.Errorf("one too many: %v, closed %d times", err, tooMany.closed.Load())
	}
	_, err := n()
	check(t, err)
	opened(t, m, &source{})
	m.Close()
	late := &source{}
	if _, err := m.Open(late); !errors.Is(err, codec.Busy) || late.closed.Load() != 1 || last.closed.Load() != 1 {
		t.Errorf("after Close: %v", err)
	}
	if _, err := n(); !errors.Is(err, &rpc.Error{Code: codec.RPCNotFound}) {
		t.Errorf("a call after Close: %v", err)
	}
	m.Close()
}

// Many calls of one cursor at once get each row once, and then its end; the map
// may be closed meanwhile.
func TestCallsAtOnce(t *testing.T) {
	const rows = 1000
	for _, closing := range []bool{false, true} {
		m := newMap(t, cursors.Options{})
		s := &source{err: io.EOF}
		for i := range rows {
			s.rows = append(s.rows, string(msgp.AppendInt(nil, i)))
		}
		n, _ := opened(t, m, s)
		var (
			wg   sync.WaitGroup
			mu   sync.Mutex
			seen = map[string]int{}
		)
		for range 8 {
			wg.Go(func() {
				for {
					row, err := n()
					if row == "" && err == nil || closing && errors.Is(err, &rpc.Error{Code: codec.RPCNotFound}) {
						return
					}
					if err != nil {
						t.Errorf("%v", err)
						return
					}
					mu.Lock()
					seen[row]++
					half := len(seen) == rows/2
					mu.Unlock()
					if closing && half {
						m.Close()
					}
				}
			})
		}
		wg.Wait()
		for row, n := range seen {
			if n != 1 {
				t.Errorf("row %X came %d times", row, n)
			}
		}
		if !closing && len(seen) != rows {
			t.Errorf("%d rows came", len(seen))
		}
		m.Close()
		if s.closed.Load() != 1 {
			t.Errorf("closed %d times", s.closed.Load())
		}
	}
}

func TestBadParams(t *testing.T) {
	m := newMap(t, cursors.Options{})
	for _, params := range []string{"", "\xC0", "\x81\xA1u\xC4\x01x", "\x81\xA1u\xA1x"} {
		for _, f := range []rpc.CallFunc{m.Next, m.NextBulk} {
			if _, err := f(t.Context(), &rpc.Request{Params: []byte(params)}); !errors.Is(err, &rpc.Error{Code: codec.RPCInvalidParams}) {
				t.Errorf("%q: %v", params, err)
			}
		}
	}
	for _, o := range []cursors.Options{{TTL: -1}, {MaxOpen: -1}, {MaxBulk: -1}} {
		if _, err := cursors.New(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}
