package ringbuf

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// model is an outbox that is too simple to be wrong: all unwritten bytes in
// one slice, from the last record boundary on, and no segments.
type model struct {
	rest   []byte // from the last boundary
	mark   int    // bytes of rest that are written
	state  state
	queued uint64 // cost of rest
}

func (m *model) empty() bool { return m.mark == len(m.rest) }

func (m *model) advance(n int) (whole int, cost uint64) {
	m.mark += n
	whole, cost = measureRecords(m.rest[:m.mark])
	m.rest, m.mark, m.queued = m.rest[whole:], m.mark-whole, m.queued-cost
	return whole, cost
}

func (m *model) yield(full bool) Outcome {
	switch {
	case m.state == stateAwaited:
		m.state = stateBlocked
		return Wake
	case m.empty():
		m.state = stateIdle
		return Released
	case full:
		m.state = stateBlocked
		return Wake
	}
	return Again
}

// run is one random life of an outbox beside its model.
type run struct {
	pool  Pool
	o     Outbox
	m     model
	seq   uint32
	saved []*Segment // references the test keeps, so that segments are shared
}

func (r *run) hasToken() bool {
	return r.m.state == stateWriting || r.m.state == stateAwaited || r.m.state == stateOwned
}

// put pushes or parks a few segments of records.
func (r *run) put(t *rapid.T, put func([]Ref) bool, next state) {
	var refs []Ref
	for range rapid.IntRange(0, 3).Draw(t, "refs") {
		size := rapid.SampledFrom([]int{7, 20, 100, 1500, 5000}).Draw(t, "size")
		ref := segmentOf(&r.pool, 1, &r.seq, rapid.IntRange(1, 4).Draw(t, "records"), size)
		if rapid.Bool().Draw(t, "shared") {
			ref.Seg.Retain(1)
			r.saved = append(r.saved, ref.Seg)
		}
		refs = append(refs, ref)
	}
	wasIdle := r.m.state == stateIdle && len(refs) > 0
	if wasIdle {
		r.m.state = next
	}
	if r.m.state != stateClosed {
		for _, ref := range refs {
			r.m.rest = append(r.m.rest, ref.Seg.B...)
			r.m.queued += ref.Cost
		}
	}
	if got := put(refs); got != wasIdle {
		t.Fatalf("put = %t, want %t", got, wasIdle)
	}
}

func (r *run) write(t *rapid.T) {
	if !r.hasToken() {
		t.Skip("no token")
	}
	var got []byte
	for _, v := range r.o.Views(make([][]byte, 0, rapid.IntRange(1, 5).Draw(t, "views"))) {
		got = append(got, v...)
	}
	if want := r.m.rest[r.m.mark:]; !bytes.HasPrefix(want, got) || len(got) == 0 && len(want) > 0 {
		t.Fatalf("views of %d bytes are not the first of the %d that wait", len(got), len(want))
	}
	n := rapid.IntRange(0, len(got)).Draw(t, "written")
	whole, cost := r.o.Advance(n, measureRecords)
	if w, c := r.m.advance(n); whole != w || cost != c {
		t.Fatalf("Advance(%d) = %d, %#x, want %d, %#x", n, whole, cost, w, c)
	}
	rest := r.o.Boundary()
	if (rest != nil) != (r.m.mark > 0) || !bytes.HasPrefix(r.m.rest[r.m.mark:], rest) {
		t.Fatalf("Boundary = %d bytes, %d bytes of a record are written", len(rest), r.m.mark)
	}
}

// check holds after every step.
func (r *run) check(t *rapid.T) {
	if r.o.Empty() != r.m.empty() || r.o.Blocked() != (r.m.state == stateBlocked) || r.o.state != r.m.state {
		t.Fatalf("empty %t, %v; want %t, %v", r.o.Empty(), r.o.state, r.m.empty(), r.m.state)
	}
	for _, s := range r.saved { // a shared segment is immutable
		if whole, _ := measureRecords(s.B); whole != len(s.B) || whole == 0 {
			t.Fatalf("a shared segment of %d bytes was changed", len(s.B))
		}
	}
}

func TestOutboxAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r run
		t.Repeat(map[string]func(*rapid.T){
			"":      r.check,
			"push":  func(t *rapid.T) { r.put(t, r.o.Push, stateWriting) },
			"park":  func(t *rapid.T) { r.put(t, r.o.Park, stateBlocked) },
			"write": r.write,
			"yield": func(t *rapid.T) {
				if r.m.state != stateWriting && r.m.state != stateAwaited {
					t.Skip("no token to yield")
				}
				full := rapid.Bool().Draw(t, "full")
				if got, want := r.o.Yield(full), r.m.yield(full); got != want {
					t.Fatalf("Yield(%t) = %v, want %v", full, got, want)
				}
			},
			"acquire": func(t *rapid.T) {
				want := r.m.state == stateIdle
				if want {
					r.m.state = stateWriting
				}
				if r.o.Acquire() != want {
					t.Fatalf("Acquire = %t", !want)
				}
			},
			"resume": func(t *rapid.T) {
				want := r.m.state == stateBlocked
				if want {
					r.m.state = stateWriting
				}
				if r.o.Resume() != want {
					t.Fatalf("Resume = %t", !want)
				}
			},
			"claim": func(t *rapid.T) {
				if rapid.IntRange(0, 7).Draw(t, "rare") > 0 {
					t.Skip("the end of most of the life")
				}
				switch r.m.state {
				case stateIdle, stateBlocked:
					r.m.state = stateOwned
				case stateWriting:
					r.m.state = stateAwaited
				case stateAwaited, stateOwned, stateClosed:
				}
				if got := r.o.Claim(); got != (r.m.state == stateOwned) {
					t.Fatalf("Claim = %t in %v", got, r.m.state)
				}
			},
			"close": func(t *rapid.T) {
				if r.m.state != stateOwned {
					t.Skip("not the owner's")
				}
				if got := r.o.Close(); got != r.m.queued {
					t.Fatalf("Close = %#x, want %#x", got, r.m.queued)
				}
				r.m = model{state: stateClosed}
			},
		})
		if r.hasToken() || r.o.Claim() {
			r.o.Close()
		}
		for _, s := range r.saved {
			if s.Shared() {
				t.Fatal("a reference is left behind")
			}
		}
	})
}
