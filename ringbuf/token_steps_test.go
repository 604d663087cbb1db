package ringbuf

// The hand-over of the writer token in all orders: producers push a segment each
// and write if the token comes to them, the owner resumes what is blocked when
// it was told, and at some time closes the descriptor.

const producers = 3

// at is where a writer is between its steps.
type at uint8

const (
	atStart  at = iota // a producer: to push; the owner: to be woken
	atViews            // has the token: to look what is queued
	atWrite            // has seen views: to write them
	atYield            // to give the token back
	atEnd              // a producer is through, the owner has closed
	atClosed           // the owner has the token for good, the descriptor is to be closed
)

// lives is a state of all of them.
type lives struct {
	token           state
	queued, written uint8
	released        uint8 // by the close, or on arrival at a closed outbox
	told, nudged    bool  // the owner is to look; was told to for some other reason, which happens once
	leaving, stays  bool  // the owner wants to close; it never will
	writers         [producers + 1]struct {
		at   at
		seen uint8
		full bool
	}
	descriptorClosed, late bool // late: written to after that
}

const owner = producers

// flaw is a mistake that the hand-over could have.
type flaw string

const (
	soundToken       flaw = ""
	idleUnseen       flaw = "a yield does not look whether more was queued"
	quietYield       flaw = "a yield of a full receiver tells nobody"
	pushSteals       flaw = "a push takes the token of who writes"
	claimSteals      flaw = "a claim takes the token of who writes"
	claimForgotten   flaw = "a yield does not see that the token was claimed"
	closeLeavesIdle  flaw = "a close leaves the outbox as if it were idle"
	resumeAnything   flaw = "the owner resumes what is not blocked"
	pushBlockedTakes flaw = "a push takes the token of a claimed outbox"
)

var tokenFlaws = []flaw{
	idleUnseen, quietYield, pushSteals, claimSteals, claimForgotten, closeLeavesIdle, resumeAnything, pushBlockedTakes,
}

// push is what a producer begins with.
func (f flaw) push(l lives, i int) (lives, bool) {
	w := &l.writers[i]
	if w.at != atStart {
		return l, false
	}
	w.at = atEnd
	if l.token == stateClosed {
		l.released++
		return l, true
	}
	l.queued++
	if l.token == stateIdle || f == pushSteals && l.token == stateWriting || f == pushBlockedTakes && l.token == stateOwned {
		l.token, w.at = stateWriting, atViews
	}
	return l, true
}

// views looks what is queued.
func views(l lives, i int) (lives, bool) {
	w := &l.writers[i]
	if w.at != atViews {
		return l, false
	}
	w.at, w.seen = atWrite, l.queued
	return l, true
}

// write passes what was seen to a receiver that takes it all, or nothing.
func write(l lives, i int, full bool) (lives, bool) {
	w := &l.writers[i]
	if w.at != atWrite {
		return l, false
	}
	w.at, w.full = atYield, full
	l.late = l.late || l.descriptorClosed
	if !full {
		n := min(w.seen, l.queued)
		l.queued -= n
		l.written += n
	}
	w.seen = 0
	return l, true
}

// yield offers the token back. The owner, as a writer, is woken as any other.
func (f flaw) yield(l lives, i int) (lives, bool) {
	w := &l.writers[i]
	if w.at != atYield {
		return l, false
	}
	w.at = atEnd
	if i == owner {
		w.at = atStart
	}
	full := w.full
	w.full = false
	switch {
	case l.token == stateAwaited && f != claimForgotten:
		l.token, l.told = stateBlocked, true
	case l.queued == 0 || f == idleUnseen && !full:
		l.token = stateIdle
	case full:
		l.token, l.told = stateBlocked, f != quietYield
	default:
		w.at = atViews
	}
	return l, true
}

// attend is the owner that was told: it goes on writing, or with its leave.
func (f flaw) attend(l lives) (lives, bool) {
	w := &l.writers[owner]
	if !l.told || w.at != atStart {
		return l, false
	}
	l.told = false
	switch {
	case l.leaving:
		return f.claim(l), true
	case l.token == stateBlocked || f == resumeAnything:
		l.token, w.at = stateWriting, atViews
	}
	return l, true
}

// leave is the owner that wants to close, once.
func (f flaw) leave(l lives) (lives, bool) {
	if l.leaving || l.stays || l.writers[owner].at != atStart {
		return l, false
	}
	l.leaving = true
	return f.claim(l), true
}

// stay is the owner that has no reason to close.
func stay(l lives) (lives, bool) {
	ok := !l.leaving && !l.stays
	l.stays = true
	return l, ok
}

// nudge wakes the owner for nothing.
func nudge(l lives) (lives, bool) {
	ok := !l.nudged
	l.told, l.nudged = true, true
	return l, ok
}

func (f flaw) claim(l lives) lives {
	switch l.token {
	case stateIdle, stateBlocked:
		l.token = stateOwned
	case stateWriting:
		l.token = stateAwaited
		if f == claimSteals {
			l.token = stateOwned
		}
	case stateAwaited, stateOwned, stateClosed:
	}
	if l.token == stateOwned {
		l.writers[owner].at = atClosed
	}
	return l
}

// close gives up the outbox, then the descriptor.
func (f flaw) close(l lives) (lives, bool) {
	w := &l.writers[owner]
	if w.at != atClosed {
		return l, false
	}
	w.at = atEnd
	l.token, l.descriptorClosed = stateClosed, true
	if f == closeLeavesIdle {
		l.token = stateIdle
	}
	l.released += l.queued
	l.queued = 0
	return l, true
}
