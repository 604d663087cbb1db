package ringbuf

// What is pushed to an outbox may be copied behind what waits there already
// instead of being queued, for one of two reasons.
//
// It is small, up to 1 KiB, and nobody else's: that takes some 5 ns, and a piece
// more costs writev about 23 ns here. 64 pieces of 100 bytes take 2.1 µs where
// one of 6,400 takes 0.7; and four senders of single frames are 10 % faster (194
// against 212 ns). Larger ones are not, as it is done under the lock, and as few
// would find room in the tail.
//
// Or the receiver is behind, and the segment is mostly room: a frame of 100 bytes
// that waits in a segment of 4 KiB keeps forty times what its sender's account
// says from everybody else. Then it does not matter who shares the segment, as
// the others will have written theirs soon, and what is copied to is made.
const (
	mergeMax = 1 << 10
	behind   = 64        // references that wait for a receiver who takes nothing
	packSize = 256 << 10 // of what is made
	packMax  = packSize / 4
	wasteMax = 8 // an eighth of a segment may be room
)

// mergeLocked copies the first of refs to the tail, as long as that pays, and
// gives their number. The caller releases them.
func (o *Outbox) mergeLocked(refs []Ref) (merged int) {
	if o.refs.count == 0 {
		return 0
	}
	packs := o.state == stateBlocked && o.refs.count >= behind
	for _, r := range refs {
		tail := o.refs.at(o.refs.count - 1)
		fits := len(r.Seg.B) <= cap(tail.Seg.B)-len(tail.Seg.B) && !tail.Seg.Shared()
		switch {
		case packs && r.Seg.wasteful():
			if !fits {
				o.refs.queue(Ref{Seg: r.Seg.pool.Get(packSize)})
				tail = o.refs.at(o.refs.count - 1)
			}
		case !fits || len(r.Seg.B) > mergeMax || r.Seg.Shared():
			return merged
		}
		tail.Seg.B = append(tail.Seg.B, r.Seg.B...)
		tail.Cost += r.Cost
		merged++
	}
	return merged
}

// wasteful tells whether a copy of what is in s takes much less room.
func (s *Segment) wasteful() bool {
	room := cap(s.B)
	return s.pool != nil && len(s.B) <= packMax && room-len(s.B) > room/wasteMax
}
