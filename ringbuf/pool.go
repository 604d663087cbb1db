package ringbuf

import (
	"math/bits"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/busrt-go/busrt/internal/cpu"
)

// Segments come in seven sizes, each with a sync.Pool.
//
// Invariants. A segment is in the pool only with no reference and an empty B with
// the capacity of its class, whatever B was meanwhile. It knows its pool, so
// whoever is last can give it back, in any goroutine. What is not used over two
// garbage collections is let go, so a burst does not stay resident; that is why
// the pool is no list of our own.
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
//	this             18         18
//	not counted      18          9
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
	inUse   [stripes]stripe
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
		return p.begin(newSegment(p, class, n))
	}
	s, ok := p.classes[class].Get().(*Segment)
	if !ok {
		s = newSegment(p, class, classSizes[class])
	}
	return p.begin(s)
}

func newSegment(p *Pool, class, size int) *Segment {
	whole := make([]byte, size)
	return &Segment{B: whole[:0], whole: whole, pool: p, class: uint8(class), stripe: uint8(rand.Uint32N(stripes))}
}

// begin gives s its first reference.
func (p *Pool) begin(s *Segment) *Segment {
	s.refs.Store(1)
	s.counted.Store(int64(cap(s.B)))
	p.inUse[s.stripe].bytes.Add(int64(cap(s.B)))
	return s
}

// stripes are the parts of the count of bytes in use. A segment belongs to one
// for good, and is mostly used by one goroutine after the other: the word that is
// added to is seldom another processor's.
const stripes = 16

type stripe struct {
	bytes atomic.Int64
	_     [cpu.CacheLine - 8]byte
}

// InUse is how many bytes the segments have that somebody has a reference of.
// Any goroutine.
func (p *Pool) InUse() (n int64) {
	for i := range p.inUse {
		n += p.inUse[i].bytes.Load()
	}
	return n
}

// discount takes s out of the bytes in use, once.
func (p *Pool) discount(s *Segment) {
	p.inUse[s.stripe].bytes.Add(-s.counted.Swap(0))
}

// put takes a segment back that nobody refers to any more.
func (p *Pool) put(s *Segment) {
	p.discount(s)
	if int(s.class) < len(classSizes) {
		s.B = s.whole[:0]
		p.classes[s.class].Put(s)
	}
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
