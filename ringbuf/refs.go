package ringbuf

// The queue inside an outbox is a ring that grows. Nearly all outboxes hold
// nothing, or what one event brought: two references fit inline, and an idle
// session has no heap. A ring that grew larger than 64 places is let go when it
// runs empty, so that one slow hour does not cost memory for ever; a smaller one
// stays, so that a steady stream does not allocate.
//
// Invariants. The queue is inline, or heap if there is one; count ≤ its length,
// a power of two, so head may wrap. A place without a reference is zero: the
// ring keeps no segment from the pool that it has given away. All of it is
// guarded by the lock of the outbox, which hands it from goroutine to goroutine.
//
// Measured, ns for a reference in and out, by how many wait, the median of 10
// runs on two cores (go test -run - -bench Refs -benchtime 100ms
// -count 10 ./ringbuf):
//
//	                            1     2     8    64
//	this                       5.6   4.5   4.0   3.2
//	slice, append and [1:]      26    17     9     8   (and 16 bytes made)
//	channel                     32    31    32    31
//
// Rejected: the slice, which has to be moved or made anew again and again. A
// list of segments linked by themselves: a shared segment is in many outboxes.
// An [MPSC], which is bounded, and takes 24 bytes a place in every idle session.

// Ref is one reference to a segment on its way through an outbox. It stands
// for the whole of Seg.B as it is when it is pushed, which is whole records.
// Cost is what its bytes count for in the sender's account, and nothing if
// there are none; ringbuf only adds and subtracts it.
type Ref struct {
	Seg  *Segment
	Cost uint64
}

const (
	inlineRefs = 2  // an outbox has room for these without heap
	firstHeap  = 8  // the first ring on the heap
	keptHeap   = 64 // larger rings are let go when they run empty
)

// refRing is a queue of references that grows. REQUIRES: Outbox.mu for all
// methods.
type refRing struct {
	inline [inlineRefs]Ref
	heap   []Ref // replaces inline; its length is a power of two
	head   uint32
	count  uint32
}

// at gives the i-th reference from the head; i < count, or = count if there is
// room. The pointer is good until the next push.
func (r *refRing) at(i uint32) *Ref {
	if r.heap == nil {
		return &r.inline[(r.head+i)%inlineRefs]
	}
	return &r.heap[(r.head+i)&uint32(len(r.heap)-1)]
}

// push appends refs. Those without bytes are released: no Advance would ever
// get past them.
func (r *refRing) push(refs []Ref) {
	for _, ref := range refs {
		if len(ref.Seg.B) == 0 {
			ref.Seg.Release()
			continue
		}
		r.queue(ref)
	}
}

// queue appends a ref, of which there are bytes before the next Advance.
func (r *refRing) queue(ref Ref) {
	if r.count == uint32(max(len(r.heap), inlineRefs)) {
		r.grow()
	}
	*r.at(r.count) = ref
	r.count++
}

func (r *refRing) grow() {
	bigger := make([]Ref, max(firstHeap, 2*len(r.heap)))
	for i := range r.count {
		bigger[i] = *r.at(i)
	}
	r.inline = [inlineRefs]Ref{}
	r.heap, r.head = bigger, 0
}

// pop drops the head; count > 0.
func (r *refRing) pop() {
	*r.at(0) = Ref{}
	r.head++
	r.count--
	if r.count == 0 && len(r.heap) > keptHeap {
		r.heap = nil
	}
}
