package ringbuf

import (
	"sync"

	"github.com/busrt-go/busrt/internal/invariants"
)

// What waits for one receiver, and the account of it. Many push; the holder of
// the writer token (token.go) takes views of the bytes, writes what the receiver
// takes, and says so.
//
// Invariants.
//   - References are written in the order in which they were pushed. A small
//     segment may be copied to the tail instead of being queued; what was pushed
//     before it is in the tail or before it.
//   - mark, edge and paid describe the head: 0 ≤ edge ≤ mark < its length. They
//     are zero when nothing is queued.
//   - Each push is paid for once: costs out of Advance and the one out of Close
//     add up to what was pushed before the close. A head that is written in part
//     has been paid for up to edge, the last boundary of a record that measure
//     found; the rest is paid with the rest.
//   - A segment's reference is released once: on Advance past its end, when it
//     was copied, by Close, or on arrival at a closed outbox.
//
// Memory order. One mutex guards the queue and the state, so that "is it empty"
// and "the token is free" are one question; mark, edge and paid go from holder
// to holder under it. Views are read without it: pushing does not touch bytes
// that are queued, it appends behind them (segment.go). What is written must
// then be looked up, not remembered: Advance goes by the length that the head
// has now, as it may have grown since Views.
//
// Measured, ns for a frame of 100 bytes that is copied out again, the median of
// 10 runs on two cores (go test -run - -bench Outbox/ -benchtime 100ms
// -count 10 ./ringbuf; all of the lanes are in outbox_lanes_test.go):
//
//	senders, frames in a batch     1, 1   1, 32   4, 1   4, 32
//	this                            103     4.2    207     9.8
//	channel of segments             102     8.1    164      17
//	one slice under a mutex          39     2.1    178     7.2
//	MPSC and Waker                   62     2.9    227      14
//	reserve by one add, lock-free    50     2.6    145      12
//
// Each of these is a fraction of the system call that writes, 0.4 µs and more;
// so what counts is what they cannot do. Rejected: the slice, that every frame
// of a fan-out is copied to, large ones too (196 against 7 ns a receiver at
// 10,000 bytes), and that keeps the room of its worst hour. The ring: bounded,
// with room for its bound in every idle session, and nothing is copied together.
// The reservation: two buffers in every idle session, no references, and a
// sender that is interrupted holds the writer up. The channel: a goroutine for
// each receiver, and a switch to it before the first byte leaves.

// Outbox is a queue of byte segments for one receiver: many producers, one
// writer at a time. The zero value is ready and idle. Do not copy it after
// first use.
type Outbox struct {
	mu    sync.Mutex
	state state    // guarded by mu
	waits bool     // guarded by mu: a receiver in the process is to be told (local.go)
	refs  refRing  // guarded by mu
	spare *Segment // guarded by mu: empty, for what is appended next (local.go)

	// The head, as far as it is written; the token's own.
	mark int    // bytes written of it
	edge int    // where its last record boundary at or below the mark is
	paid uint64 // the cost of its bytes below edge
}

// Outcome is what Yield tells the writer.
type Outcome uint8

// What becomes of the token.
const (
	Released Outcome = iota // all is written; the token is given back
	Again                   // more has come; the caller still has the token
	Wake                    // the token is given back; the owner must be woken
)

// Push queues refs and takes over one reference of each; the slice stays the
// caller's. mine: the outbox was idle, the caller has the token now and must
// write. If the outbox is closed the references are released. Any goroutine.
func (o *Outbox) Push(refs []Ref) (mine bool) {
	mine, _ = o.put(refs, stateWriting)
	return mine
}

// Park queues refs as Push does, but leaves the writing to the owner. tell: the
// outbox was idle and is blocked now, the owner must be woken to resume it. Any
// goroutine.
func (o *Outbox) Park(refs []Ref) (tell bool) {
	tell, _ = o.put(refs, stateBlocked)
	return tell
}

// put queues refs. An idle outbox goes into the state next. Reports whether it
// was idle, and whether a receiver waited.
func (o *Outbox) put(refs []Ref, next state) (idle, waited bool) {
	if len(refs) == 0 {
		return false, false
	}
	o.mu.Lock()
	was := o.state
	if was == stateClosed {
		o.mu.Unlock()
		release(refs)
		return false, false
	}
	merged := o.mergeLocked(refs)
	o.refs.push(refs[merged:])
	if was == stateIdle {
		o.state = next
	}
	waited, o.waits = o.waits, false
	o.mu.Unlock()
	release(refs[:merged])
	return was == stateIdle, waited
}

func release(refs []Ref) {
	for _, r := range refs {
		r.Seg.Release()
	}
}

// Views appends what is unwritten, from the head on, to dst as long as that has
// room, and returns it. cap(dst) > len(dst). The views are good until Advance.
// Token only.
func (o *Outbox) Views(dst [][]byte) [][]byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	from := o.mark
	for i := uint32(0); i < o.refs.count && len(dst) < cap(dst); i++ {
		if b := o.refs.at(i).Seg.B[from:]; len(b) > 0 {
			dst = append(dst, b)
		}
		from = 0
	}
	return dst
}

// Advance notes that n bytes were written. It returns how many bytes of whole
// records that finished and what they cost: all that was left of each finished
// ref, and of a head that was written in part the whole records below the mark.
// Those are found by measure, which is called for such a head only: b is what
// was written of it since the last record boundary, whole the bytes of the
// whole records in b. Finished segments are released. Token only.
func (o *Outbox) Advance(n int, measure func(b []byte) (whole int, cost uint64)) (whole int, cost uint64) {
	var done [16]*Segment // released outside the lock, a handful at a time
	for {
		k := 0
		o.mu.Lock()
		for k < len(done) && o.refs.count > 0 {
			head := o.refs.at(0)
			size := len(head.Seg.B)
			if n < size-o.mark {
				break
			}
			n -= size - o.mark
			whole += size - o.edge
			cost += head.Cost - o.paid
			o.mark, o.edge, o.paid = 0, 0, 0
			done[k] = head.Seg
			k++
			o.refs.pop()
		}
		head := o.headLocked()
		o.mu.Unlock()
		for _, s := range done[:k] {
			s.Release()
		}
		if k == len(done) {
			continue
		}
		if n > 0 {
			w, c := o.part(head, n, measure)
			whole, cost = whole+w, cost+c
		}
		return whole, cost
	}
}

// headLocked gives the bytes of the head, nil if there is none.
func (o *Outbox) headLocked() []byte {
	if o.refs.count == 0 {
		return nil
	}
	return o.refs.at(0).Seg.B
}

// part moves the mark by n bytes inside the head.
func (o *Outbox) part(head []byte, n int, measure func([]byte) (int, uint64)) (whole int, cost uint64) {
	if n > len(head)-o.mark {
		if invariants.Enabled {
			panic("busrt: more written than was queued")
		}
		return 0, 0
	}
	o.mark += n
	whole, cost = measure(head[o.edge:o.mark])
	o.edge += whole
	o.paid += cost
	return whole, cost
}

// Boundary gives nil if what was written ends with a whole record, as far as
// measure has told. Else it gives the unwritten bytes of the head, which begin
// with the rest of the record that was begun; they are good until Advance.
// Token only.
func (o *Outbox) Boundary() (rest []byte) {
	if o.mark == o.edge {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.headLocked()[o.mark:]
}

// Empty tells whether nothing is queued. Any goroutine.
func (o *Outbox) Empty() bool { return o.Len() == 0 }

// Len is the number of segments that are queued. Any goroutine.
func (o *Outbox) Len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return int(o.refs.count)
}
