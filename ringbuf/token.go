package ringbuf

import "github.com/busrt-go/busrt/internal/invariants"

// The writer token: nobody writes to a receiver without it, and who finds the
// outbox idle has it at once, so that most frames are written by the goroutine
// that brought them, and wake nobody.
//
//	              Push, Acquire                  Claim: false
//	┌────────┐ ───────────────────▶ ┌─────────┐ ─────────────▶ ┌─────────┐
//	│  idle  │                      │ writing │                │ awaited │
//	└────────┘ ◀─────────────────── └─────────┘                └─────────┘
//	  │    │     Yield: Released       │   ▲                        │
//	  │    │                     Yield │   │ Resume                 │ Yield:
//	  │    │                  of full: │   │                        │ Wake
//	  │    │   Park                Wake▼   │                        │
//	  │    └──────────────────────▶ ┌─────────┐ ◀───────────────────┘
//	  │                             │ blocked │
//	  │ Claim                       └─────────┘
//	  │        ┌───────┐   Claim         │
//	  └──────▶ │ owned │ ◀───────────────┘       Yield of writing with more
//	           └───────┘                         queued: Again, stays writing
//	               │ Close
//	               ▼
//	           ┌────────┐                        Push and Park elsewhere: only
//	           │ closed │                        queue; closed: release
//	           └────────┘
//
// An owner that is the writer may also Close from writing or awaited.
//
// Invariants.
//   - In writing, awaited and owned one goroutine has the token; else nobody.
//   - Idle means empty. So whatever is queued has a writer, who will look again
//     (Yield), or an owner who was told: each way into blocked tells whoever
//     takes it to wake the owner. That is why no wake is lost, and none is
//     needed while somebody writes.
//   - Only the owner leaves blocked. A claim is kept by awaited through any
//     number of pushes, until the writer's next Yield; from owned no way leads
//     back to a writer. So after the owner closed a descriptor, no byte reaches
//     the next one of that number.
//   - A writer that wants to be rid of the token without being at the end, for
//     fairness, may say that the receiver is full: its owner goes on.
//
// Memory order. The state changes under the lock of the outbox only, together
// with the queue: what one holder did happens before what the next one does.
//
// Measured, ns for taking the token and giving it back, the median of 10 runs on
// two cores (go test -run - -bench Token -benchtime 100ms -count 10
// ./ringbuf):
//
//	                     alone   competing
//	this                   26        26
//	channel of one         30        44
//	mutex with TryLock     13        12
//
// Rejected: a mutex that is held while writing. Who does not get it has to be
// sure that the holder sees what he queued, which takes a flag, looked at after
// the unlock, and leaves no room for blocked and claimed; those are why the
// states are named. An atomic word beside a lock-free queue: "empty" and "idle"
// become two questions, and each giving back is followed by another look; that
// is the MPSC with a Waker that outbox.go has figures for.

// state says where the writer token of an outbox is.
type state uint8

const (
	stateIdle    state = iota // nowhere: whoever pushes takes it
	stateWriting              // with a writer
	stateAwaited              // with a writer, and the owner has claimed it
	stateBlocked              // nowhere: only the owner may take it
	stateOwned                // with the owner, for good
	stateClosed               // nowhere, for ever
)

// Acquire takes the token of an idle outbox; false if it was not idle. Any
// goroutine.
func (o *Outbox) Acquire() bool { return o.move(stateIdle, stateWriting) }

// Resume takes the token of a blocked outbox; false if it was not blocked. The
// owner only.
func (o *Outbox) Resume() bool { return o.move(stateBlocked, stateWriting) }

func (o *Outbox) move(from, to state) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state != from {
		return false
	}
	o.state = to
	return true
}

// Blocked tells whether what is queued waits for the owner. Any goroutine; the
// owner may rely on true.
func (o *Outbox) Blocked() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state == stateBlocked
}

// Yield offers the token back, after Advance. full: the receiver takes no more
// for now. Token only.
func (o *Outbox) Yield(full bool) Outcome {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.state == stateAwaited:
		o.state = stateBlocked
		return Wake
	case o.state != stateWriting:
		if invariants.Enabled {
			panic("busrt: yield without the token")
		}
		return Released
	case o.refs.count == 0:
		o.state = stateIdle
		return Released
	case full:
		o.state = stateBlocked
		return Wake
	default:
		return Again
	}
}

// Claim asks for the token for good. true: the owner has it, and nobody else
// will again. false: a writer has it, whose next Yield returns Wake and leaves
// the outbox blocked; then claim again. An owner that is the writer itself
// yields first. The owner only.
func (o *Outbox) Claim() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch o.state {
	case stateIdle, stateBlocked:
		o.state = stateOwned
	case stateWriting:
		o.state = stateAwaited
	case stateAwaited, stateOwned, stateClosed:
	}
	return o.state == stateOwned
}

// Close ends the outbox: all that is queued is released, and what comes later
// is on arrival. It returns the cost of what was not paid for. The owner only,
// with the token.
func (o *Outbox) Close() (cost uint64) {
	o.mu.Lock()
	if invariants.Enabled && (o.state == stateIdle || o.state == stateBlocked) {
		o.mu.Unlock()
		panic("busrt: close without the token")
	}
	o.state = stateClosed
	left, spare := o.refs, o.spare
	o.refs, o.spare = refRing{}, nil
	o.mu.Unlock()
	if spare != nil {
		spare.Release()
	}
	cost = drop(&left) - o.paid
	o.mark, o.edge, o.paid = 0, 0, 0
	return cost
}
