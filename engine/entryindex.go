package engine

// entryIndex finds a receiver's entry by the id of its peer: open addressing
// with linear probing. A turn number marks the slots of this event, so that
// clearing costs nothing. (A Go map takes 8 to 10 ns a look-up and as much to
// clear; with one receiver an event, the common case, the index is not asked.)
type entryIndex struct {
	slots []indexSlot
	turn  uint32
	used  int
}

type indexSlot struct {
	id    uint64
	turn  uint32
	entry uint32
}

const indexSlots = 64 // to begin with; a power of two

func (x *entryIndex) init() {
	x.slots = make([]indexSlot, indexSlots)
	x.turn = 1
}

// find returns the entry noted for id, or notes fresh for it.
func (x *entryIndex) find(id uint64, fresh uint32) (entry uint32, found bool) {
	mask := uint64(len(x.slots) - 1)
	for i := id & mask; ; i = (i + 1) & mask {
		s := &x.slots[i]
		if s.turn != x.turn {
			*s = indexSlot{id: id, turn: x.turn, entry: fresh}
			if x.used++; 2*x.used > len(x.slots) {
				x.grow()
			}
			return fresh, false
		}
		if s.id == id {
			return s.entry, true
		}
	}
}

func (x *entryIndex) grow() {
	old := x.slots
	x.slots = make([]indexSlot, 2*len(old))
	mask := uint64(len(x.slots) - 1)
	for _, s := range old {
		if s.turn != x.turn {
			continue
		}
		i := s.id & mask
		for x.slots[i].turn == x.turn {
			i = (i + 1) & mask
		}
		x.slots[i] = s
	}
}

// clear forgets all entries.
func (x *entryIndex) clear() {
	x.used = 0
	if x.turn++; x.turn == 0 { // once in 2^32 events the numbers begin again
		clear(x.slots)
		x.turn = 1
	}
}
