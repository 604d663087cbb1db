// Package ringbuf moves bytes between goroutines: mailboxes, outboxes of byte
// segments, and the waker. It knows bytes and references, not frames; it starts
// no goroutine, and nothing in it waits for another. It is usable alone.
//
// # Vocabulary
//
// A [Segment] is a run of bytes with a count of references, and a [Pool] is
// where segments come from and go back to. A [Ref] is one reference on its way
// to a receiver, with what its bytes cost the sender. A record is what the
// embedder sends, a frame or a line; a segment holds whole records.
//
// An [Outbox] is the queue of references for one receiver. Its writer token
// says who may write: whoever pushes to an idle outbox takes the token and
// writes at once; when the receiver takes no more the outbox is blocked, and
// its owner resumes it. The owner is one goroutine, usually an event loop, that
// knows when the receiver takes more and when it is gone.
//
// An [MPSC] is a bounded queue of values with one consumer. A [Waker] has that
// consumer look into it: once for any number of posts, and at least once after
// the last. Together they are a mailbox.
//
// # Goroutines
//
// Each method says who may call it. "Any goroutine" means just that. "Token
// only" means whoever holds the writer token of the outbox, one at a time: what
// one holder did happens before what the next does. "The owner" and "the
// consumer" are one goroutine, or several that take turns by some lock of their
// own.
//
// # Alone
//
// A sender puts records into segments, and pushes them:
//
//	seg := pool.Get(n)               // one reference, the sender's
//	seg.B = append(seg.B, record...) // within its capacity
//	if out.Push([]ringbuf.Ref{{Seg: seg, Cost: 1}}) {
//		write()                      // the token is here
//	}
//
// Whoever has the token writes until it is rid of it:
//
//	for {
//		views := out.Views(room[:0])
//		n := …                               // what the receiver took of them
//		whole, cost := out.Advance(n, measure)
//		switch out.Yield(n < total) {
//		case ringbuf.Again:                  // more has come meanwhile
//		case ringbuf.Released:
//			return                           // idle
//		case ringbuf.Wake:
//			wakeOwner()
//			return
//		}
//	}
//
// The owner, when it is woken or finds that the receiver takes more, does the
// same if [Outbox.Resume] gives it the token. To end, it calls [Outbox.Claim]
// until that gives it the token for good, then [Outbox.Close]. The examples
// show all of it.
//
// # Caveats
//
// Slices are views. What [Outbox.Views] and [Outbox.Boundary] give is good
// until the next Advance, or until the token is given back; nobody may write to
// it, nor append. Segment.B belongs to whoever has the only reference to the
// segment; with the last [Segment.Release] it belongs to somebody else. In
// builds with -race, or with the tag invariants, a released segment is
// overwritten with 0xCC, so that a view kept too long shows; there too, a
// segment released twice, a token given back by who has not got it, and more
// written than was queued panic.
//
// Push and Park take over one reference of each segment, whether or not the
// outbox is closed. A slice of refs stays the caller's, and is not kept.
//
// The zero values of Pool, Outbox and Waker are ready. None of them may be
// copied after first use.
package ringbuf
