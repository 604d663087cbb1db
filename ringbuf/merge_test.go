package ringbuf

import (
	"bytes"
	"testing"
)

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
		{"in large segments", true, behind, 20 << 10, true, true},
		{"larger than pays", true, behind, packMax + 2<<10, true, false},
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
