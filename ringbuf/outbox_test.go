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

func TestOutboxMerges(t *testing.T) {
	var p Pool
	small := func() Ref { return fill(&p, 's', 100, 1) }
	shared := func(r Ref) Ref {
		r.Seg.Retain(1)
		t.Cleanup(r.Seg.Release)
		return r
	}
	tests := []struct {
		name       string
		tail, next Ref
		segments   int
	}{
		{"small to exclusive", small(), small(), 1},
		{"the largest that is small", small(), fill(&p, 'n', mergeMax, 1), 1},
		{"too large", small(), fill(&p, 'n', mergeMax+1, 1), 2},
		{"just room", fill(&p, 't', 4<<10-100, 1), small(), 1},
		{"no room", fill(&p, 't', 4<<10-99, 1), small(), 2},
		{"shared tail", shared(small()), small(), 2},
		{"shared", small(), shared(small()), 2},
		{"static tail", Ref{NewStatic(make([]byte, 1, 4096)), 1}, small(), 2},
		{"static", small(), Ref{NewStatic([]byte("nop")), 1}, 2},
	}
	for _, tt := range tests {
		var o Outbox
		size, bytesOf := 0, []byte(nil)
		for _, r := range []Ref{tt.tail, tt.next} {
			bytesOf = append(bytesOf, r.Seg.B...)
		}
		o.Push([]Ref{tt.tail})
		o.Push([]Ref{tt.next})
		var got []byte
		for _, v := range o.Views(make([][]byte, 0, 4)) {
			got = append(got, v...)
			size += len(v)
		}
		if merged := o.Len() == 1; merged && tt.next.Seg.refs.Load() != 0 {
			t.Errorf("%s: the segment that was copied is kept", tt.name)
		}
		if o.Len() != tt.segments || !bytes.Equal(got, bytesOf) {
			t.Errorf("%s: %d segments, %d bytes; want %d, %d", tt.name, o.Len(), size, tt.segments, len(bytesOf))
		}
		if _, cost := o.Advance(size, never(t)); cost != 2 {
			t.Errorf("%s: cost %d, want that of both", tt.name, cost)
		}
	}
}

// Behind a receiver who takes nothing, what waits is packed: each byte in its
// order, paid for once, and the segments that it came in free for others, shared
// or not. Those that are nearly full stay as they are.
func TestOutboxPacks(t *testing.T) {
	const frame, most = 1500, 300
	full := 4<<10 - 4<<10/wasteMax
	tests := []struct {
		name   string
		block  bool
		waits  int // references that wait before
		size   int
		shared bool
		packed bool
	}{
		{"of one's own", true, behind, frame, false, true},
		{"of others too", true, behind, frame, true, true},
		{"nearly full", true, behind, full, true, false},
		{"not as full", true, behind, full - 1, true, true},
		{"not behind yet", true, behind - 1, frame, true, false},
		{"of one who takes something", false, behind, frame, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p Pool
			var o Outbox
			var all []byte
			push := func(size int, shared bool) {
				r := fill(&p, byte('a'+len(all)%26), size, 1)
				all = append(all, r.Seg.B...)
				if shared {
					r.Seg.Retain(1)
					defer r.Seg.Release()
				}
				if tt.block {
					o.Park([]Ref{r})
				} else {
					o.Push([]Ref{r})
				}
			}
			for range tt.waits {
				push(4<<10, false)
			}
			for range most {
				push(tt.size, tt.shared)
				if !tt.packed {
					break
				}
			}
			if added := o.Len() - tt.waits; tt.packed != (added < most/10 && p.InUse() < int64(len(all)*5/4)) && (tt.packed || added != 1) {
				t.Errorf("%d segments for %d, %d bytes in use for %d", added, most, p.InUse(), len(all))
			}
			var got []byte
			for _, v := range o.Views(make([][]byte, 0, 1000)) {
				got = append(got, v...)
			}
			if !bytes.Equal(got, all) {
				t.Error("other bytes wait than were pushed")
			}
			if whole, cost := o.Advance(len(all), never(t)); whole != len(all) || p.InUse() != 0 || tt.packed && cost != uint64(tt.waits+most) {
				t.Errorf("whole %d of %d, cost %d, %d bytes in use", whole, len(all), cost, p.InUse())
			}
		})
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
