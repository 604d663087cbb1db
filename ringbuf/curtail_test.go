package ringbuf

import (
	"fmt"
	"testing"
)

// record of the tests here: its first byte is its length, which it costs.
func lengthFirst(b []byte) (n int, cost uint64) { return int(b[0]), uint64(b[0]) }

func wholeOnes(b []byte) (whole int, cost uint64) {
	for whole < len(b) && whole+int(b[whole]) <= len(b) {
		whole += int(b[whole])
	}
	return whole, uint64(whole)
}

// Wherever the writer is: the record that was begun stays, all else goes, and
// every byte is paid for once.
//
// Mutants it fails with: the edge kept; what was paid of the head not taken off.
func TestCurtail(t *testing.T) {
	records := [][]byte{{3, 1, 1}, {5, 2, 2, 2, 2}, {2, 3}, {4, 4, 4, 4}}
	const total = 3 + 5 + 2 + 4
	for written := range total {
		t.Run(fmt.Sprint(written), func(t *testing.T) {
			var (
				pool Pool
				o    Outbox
			)
			first, second := pool.Get(100), pool.Get(2<<10)
			for _, r := range records[:3] {
				first.B = append(first.B, r...)
			}
			second.B = append(second.B, records[3]...)
			if !o.Push([]Ref{{first, 10}, {second, 4}}) {
				t.Fatal("no token")
			}
			_, paid := o.Advance(written, wholeOnes)
			begun, rest := 0, 0
			for at, i := 0, 0; i < len(records) && at <= written; i++ {
				if at < written && written < at+len(records[i]) {
					begun, rest = len(records[i]), at+len(records[i])-written
				}
				at += len(records[i])
			}
			dropped := o.Curtail(lengthFirst)
			if paid+dropped+uint64(begun) != total {
				t.Errorf("%d paid, %d dropped, %d left of %d", paid, dropped, begun, total)
			}
			left := 0
			for _, v := range o.Views(make([][]byte, 0, 4)) {
				left += len(v)
			}
			if left != rest {
				t.Errorf("%d bytes are left, want %d", left, rest)
			}
			if n := pool.InUse(); n != 0 {
				t.Errorf("%d bytes in use", n)
			}
			if rest == 0 {
				return
			}
			if whole, cost := o.Advance(rest, wholeOnes); whole != begun || cost != uint64(begun) || !o.Empty() {
				t.Errorf("finished %d bytes at %d", whole, cost)
			}
		})
	}
}

// What is in use is counted from Get to the last Release, for all sizes.
func TestInUse(t *testing.T) {
	var p Pool
	for _, n := range []int{1, 4 << 10, 5 << 10, 1 << 20, 3 << 20} {
		s := p.Get(n)
		room := int64(cap(s.B))
		s.Retain(1)
		s.Release()
		if got := p.InUse(); got != room || room < int64(n) {
			t.Errorf("%d bytes: %d in use of a segment of %d", n, got, room)
		}
		s.Release()
		if got := p.InUse(); got != 0 {
			t.Errorf("%d bytes: %d in use after the release", n, got)
		}
		s = p.Get(n)
		s.Disown()
		s.Disown()
		if got := p.InUse(); got != 0 {
			t.Errorf("%d bytes: %d in use, though disowned", n, got)
		}
		s.Release()
		if got := p.InUse(); got != 0 {
			t.Errorf("%d bytes: %d in use at the end", n, got)
		}
	}
}
