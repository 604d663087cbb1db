package ringbuf

import (
	"bytes"
	"slices"
	"testing"

	"github.com/busrt-go/busrt/internal/invariants"
)

// never is the measure of tests in which no head is written in part.
func never(t *testing.T) func([]byte) (int, uint64) {
	t.Helper()
	return func(b []byte) (int, uint64) {
		t.Errorf("measure is called for %d bytes", len(b))
		return 0, 0
	}
}

// fill gives a ref of n bytes c that nobody else has, in a segment of its own.
func fill(p *Pool, c byte, n int, cost uint64) Ref {
	s := p.Get(n)
	for range n {
		s.B = append(s.B, c)
	}
	return Ref{s, cost}
}

func TestOutboxPaysWhatIsWritten(t *testing.T) {
	var (
		p   Pool
		o   Outbox
		seq uint32 = 1
		// 2000 bytes each: too long to be merged. Records 1…4 and 5, 6, 7; the
		// seventh costs nothing.
		first  = segmentOf(&p, 0, &seq, 4, 500)
		second = segmentOf(&p, 0, &seq, 3, 700)
	)
	if !o.Push([]Ref{first, second}) || o.Len() != 2 {
		t.Fatal("an idle outbox does not give its token")
	}
	steps := []struct {
		n, whole int
		cost     uint64
		midway   bool
	}{
		{0, 0, 0, false},
		{499, 0, 0, true},                // not a record yet
		{1, 500, 1<<40 | 500, false},     // the first
		{700, 500, 1<<40 | 500, true},    // the second and part of the third
		{800, 1000, 2<<40 | 1000, false}, // the rest of the ref
		{699, 0, 0, true},
		{1400, 1400, 2<<40 | 1400, true}, // the fifth and sixth
		{1, 700, 0, false},               // the seventh
	}
	for i, s := range steps {
		whole, cost := o.Advance(s.n, measureRecords)
		if whole != s.whole || cost != s.cost || (o.Boundary() != nil) != s.midway {
			t.Errorf("step %d: Advance(%d) = %d, %#x, boundary %t; want %d, %#x, %t",
				i, s.n, whole, cost, o.Boundary() == nil, s.whole, s.cost, !s.midway)
		}
	}
	if got := o.Yield(false); got != Released || !o.Empty() {
		t.Errorf("Yield = %v, empty %t", got, o.Empty())
	}
}

func TestOutboxMeasuresPartsOnly(t *testing.T) {
	var p Pool
	var o Outbox
	o.Push([]Ref{fill(&p, 'a', 2000, 1), fill(&p, 'b', 2000, 2), fill(&p, 'c', 2000, 4)})
	if whole, cost := o.Advance(4000, never(t)); whole != 4000 || cost != 3 {
		t.Errorf("Advance = %d, %d", whole, cost)
	}
	var asked [][]byte
	for _, n := range []int{10, 20} {
		o.Advance(n, func(b []byte) (int, uint64) {
			asked = append(asked, bytes.Clone(b))
			return 5, 0
		})
	}
	// From the boundary that the first call told: 5 … 30.
	if want := [][]byte{bytes.Repeat([]byte("c"), 10), bytes.Repeat([]byte("c"), 25)}; !slices.EqualFunc(asked, want, bytes.Equal) {
		t.Errorf("measured %q", asked)
	}
	if rest := o.Boundary(); len(rest) != 1970 {
		t.Errorf("%d bytes are left of the head", len(rest))
	}
}

func TestOutboxViews(t *testing.T) {
	var p Pool
	var o Outbox
	o.Push([]Ref{fill(&p, 'a', 2000, 0), fill(&p, 'b', 3000, 0), fill(&p, 'c', 2000, 0)})
	o.Advance(500, func([]byte) (int, uint64) { return 0, 0 })
	prefix := []byte("mine")
	for room, want := range [][]int{{4}, {4, 1500}, {4, 1500, 3000}, {4, 1500, 3000, 2000}, {4, 1500, 3000, 2000}} {
		dst := append(make([][]byte, 0, room+1), prefix)
		got := o.Views(dst)
		var sizes []int
		for _, v := range got {
			sizes = append(sizes, len(v))
		}
		if !slices.Equal(sizes, want) || &got[0] != &dst[0] {
			t.Errorf("room for %d: views of %v bytes, want %v, in the caller's array", room, sizes, want)
		}
	}
}

// A merge into the segment that is being written: the writer has seen its old
// end. An Advance that takes the segment for finished loses what came.
func TestOutboxMergeWhileWriting(t *testing.T) {
	var p Pool
	var o Outbox
	var seq uint32 = 1
	o.Push([]Ref{segmentOf(&p, 0, &seq, 1, 100)})
	seen := o.Views(make([][]byte, 0, 4))
	o.Push([]Ref{segmentOf(&p, 0, &seq, 1, 50)})
	if whole, cost := o.Advance(len(seen[0]), measureRecords); whole != 100 || cost != recordCost(1, 100) {
		t.Errorf("Advance = %d, %#x", whole, cost)
	}
	if got := o.Yield(false); got != Again {
		t.Fatalf("Yield = %v, want Again", got)
	}
	if v := o.Views(make([][]byte, 0, 4)); len(v) != 1 || len(v[0]) != 50 {
		t.Fatalf("views %q", v)
	}
	if whole, cost := o.Advance(50, never(t)); whole != 50 || cost != recordCost(2, 50) {
		t.Errorf("Advance = %d, %#x", whole, cost)
	}
}

func TestOutboxClose(t *testing.T) {
	var p Pool
	var o Outbox
	var seq uint32 = 1
	refs := []Ref{segmentOf(&p, 0, &seq, 4, 500), segmentOf(&p, 0, &seq, 1, 2000)}
	for _, r := range refs {
		r.Seg.Retain(1)
	}
	o.Push(refs)
	o.Advance(600, measureRecords) // pays for one record
	if o.Claim() || o.Yield(true) != Wake || !o.Claim() {
		t.Fatal("the owner does not get the token")
	}
	if got, want := o.Close(), uint64(4<<40|3500); got != want {
		t.Errorf("Close = %#x, want %#x", got, want)
	}
	late := fill(&p, 'x', 10, 1)
	late.Seg.Retain(1)
	for name, put := range map[string]func([]Ref) bool{"Push": o.Push, "Park": o.Park} {
		late.Seg.Retain(1)
		if put([]Ref{late}) {
			t.Errorf("%s to a closed outbox tells the caller to act", name)
		}
	}
	for i, r := range append(refs, Ref{late.Seg, 0}) {
		want := int32(1)
		if r.Seg == late.Seg {
			want = 2
		}
		if got := r.Seg.refs.Load(); got != want {
			t.Errorf("segment %d has %d references, want the test's %d", i, got, want)
		}
	}
	if got := o.Close(); got != 0 || !o.Empty() {
		t.Errorf("closed twice: cost %d, empty %t", got, o.Empty())
	}
}

func TestOutboxIgnoresNothing(t *testing.T) {
	var p Pool
	var o Outbox
	if o.Push(nil) || o.Park(nil) || o.Blocked() {
		t.Error("no refs move an idle outbox")
	}
	empty := Ref{Seg: p.Get(1)}
	empty.Seg.Retain(1)
	o.Acquire()
	o.Push([]Ref{empty, fill(&p, 'a', 10, 1)})
	if empty.Seg.Shared() || o.Len() != 1 {
		t.Errorf("a ref without bytes is kept: %d segments", o.Len())
	}
}

func TestOutboxRoom(t *testing.T) {
	var p Pool
	tests := []struct{ refs, grown, kept int }{{2, 0, 0}, {3, 8, 8}, {9, 16, 16}, {64, 64, 64}, {65, 128, 0}}
	for _, tt := range tests {
		var o Outbox
		o.Acquire()
		for i := range tt.refs {
			o.Push([]Ref{fill(&p, byte(i), 2000, 1)})
		}
		if got := len(o.refs.heap); got != tt.grown {
			t.Errorf("%d refs: %d places on the heap, want %d", tt.refs, got, tt.grown)
		}
		for i := range tt.refs {
			if v := o.Views(make([][]byte, 0, 1)); v[0][0] != byte(i) {
				t.Fatalf("%d refs: ref %d is that of %d", tt.refs, i, v[0][0])
			}
			o.Advance(2000, never(t))
		}
		if got := len(o.refs.heap); got != tt.kept {
			t.Errorf("%d refs, written: %d places on the heap, want %d", tt.refs, got, tt.kept)
		}
	}
}

func TestOutboxMisuse(t *testing.T) {
	if !invariants.Enabled {
		t.Skip("looked for in builds with invariants only")
	}
	defer func() {
		if recover() == nil {
			t.Error("more written than was queued does not panic")
		}
	}()
	var p Pool
	var o Outbox
	o.Push([]Ref{fill(&p, 'a', 10, 1)})
	o.Advance(11, never(t))
}
