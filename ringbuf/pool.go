package ringbuf

import (
	"math/bits"
	"sync"
)

// Segments come in seven sizes, each with a sync.Pool.
//
// Invariants. A segment is in the pool only with no reference, an empty B and
// the capacity of its class; one whose B was replaced is left to the garbage
// collector. It knows its pool, so whoever is last can give it back, in any
// goroutine. What is not used over two garbage collections is let go, so a burst
// does not stay resident; that is why the pool is no list of our own.
//
// Memory order. sync.Pool hands over as a channel does: what was done before
// Put happens before what is done after the Get that returns it.
//
// The sizes: 4 KiB takes what most events have for a receiver, 64 KiB what a
// busy one has, and 16 KiB and the powers of two above are for frames with
// payloads of that length. Up to 1 MiB, zeroing a new one costs more than keeping an old one;
// above, one kept for nothing costs too much memory.
//
// Measured, ns for the smallest segment there and back, the median of 10 runs on
// two cores (go test -run - -bench Pool -benchtime 100ms -count 10
// ./ringbuf):
//
//	               alone   two goroutines
//	this             18          9
//	free list in
//	a channel        41         81
//	make          1,230      1,280
//
// Rejected: the channel, which also has to be dimensioned. Pools of the callers,
// one per event loop: a segment is released by the loop that writes it, not by
// the one that filled it, so they would run dry on one side and over on the
// other.

// Pool is where segments come from and go back to. The zero value is ready.
// Do not copy it after first use.
type Pool struct {
	classes [len(classSizes)]sync.Pool
}

// slack is what the larger classes have above their powers of two, so that a
// payload of such a length, with a header and names in front, fits as well.
// Without it each frame of 1 MiB made a segment for the garbage collector.
const slack = 1 << 10

// classSizes are the capacities that are pooled, in bytes.
var classSizes = [...]int{
	4 << 10, 16 << 10, 64<<10 + slack, 128<<10 + slack, 256<<10 + slack, 512<<10 + slack, 1<<20 + slack,
}

// Get gives an empty segment with room for at least n bytes and one reference,
// which is the caller's. Above 1 MiB, and some slack, the room is exactly n and the segment is
// left to the garbage collector in the end. Any goroutine.
func (p *Pool) Get(n int) *Segment {
	class := classOf(n)
	if class == len(classSizes) {
		s := &Segment{B: make([]byte, 0, n)}
		s.refs.Store(1)
		return s
	}
	s, ok := p.classes[class].Get().(*Segment)
	if !ok {
		s = &Segment{B: make([]byte, 0, classSizes[class]), pool: p, class: uint8(class)}
	}
	s.refs.Store(1)
	return s
}

// classOf gives the index of the smallest class that holds n bytes, and the
// number of classes if none does.
func classOf(n int) int {
	switch {
	case n <= classSizes[0]:
		return 0
	case n <= classSizes[1]:
		return 1
	case n <= classSizes[2]:
		return 2
	}
	const log64K = 16
	return min(2+bits.Len(uint(n-slack-1))-log64K, len(classSizes))
}
