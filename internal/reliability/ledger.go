package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"sync"

	"github.com/busrt-go/busrt/codec"
)

// fate is what became of a frame, as its sender was told.
type fate uint8

const (
	unknown   fate = iota // its connection ended first
	delivered             // acknowledged
	refused               // to be delivered to nobody
)

// stream is what one connection sends: numbered frames, whoever they are for.
// One goroutine, until all have ended.
type stream struct {
	number  uint32
	targets []int8
	fates   []fate
}

// next is the payload of the stream's next frame.
//
//	stream u32 | sequence u64 | filler | CRC32 of what is before it
func (s *stream) next(target int, filler []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, s.number)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(s.fates)))
	b = append(b, filler...)
	s.targets, s.fates = append(s.targets, int8(target)), append(s.fates, unknown)
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

// told notes the fate of a frame by the error of its send.
func (s *stream) told(sequence int, err error) {
	switch {
	case err == nil:
		s.fates[sequence] = delivered
	case errors.Is(err, codec.NotDelivered), errors.Is(err, codec.NotRegistered):
		s.fates[sequence] = refused
	}
}

// ledger is all streams of a run.
type ledger struct {
	mu      sync.Mutex
	streams []*stream
}

func (l *ledger) open() *stream {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &stream{number: uint32(len(l.streams))}
	l.streams = append(l.streams, s)
	return s
}

// witness is what one receiver has seen. One goroutine, until it has ended.
type witness struct {
	seen   map[uint32][]uint64 // sequences by stream
	faults []error
}

func newWitness() *witness { return &witness{seen: map[uint32][]uint64{}} }

const overhead = 4 + 8 + 4 // bytes of a payload beside the filler

// see takes a frame: it must be whole, and behind those of its stream that came
// before it [BUSRT-O7].
func (w *witness) see(payload []byte) {
	n := len(payload) - 4
	if n < overhead-4 || crc32.ChecksumIEEE(payload[:n]) != binary.LittleEndian.Uint32(payload[n:]) {
		w.faults = append(w.faults, fmt.Errorf("a frame of %d bytes is not what was sent", len(payload)))
		return
	}
	number, sequence := binary.LittleEndian.Uint32(payload), binary.LittleEndian.Uint64(payload[4:])
	seen := w.seen[number]
	if len(seen) > 0 && seen[len(seen)-1] >= sequence {
		w.faults = append(w.faults, fmt.Errorf("stream %d: %d came behind %d", number, sequence, seen[len(seen)-1]))
	}
	w.seen[number] = append(seen, sequence)
}

// count is how many frames it has seen.
func (w *witness) count() (n int) {
	for _, seen := range w.seen {
		n += len(seen)
	}
	return n
}

// audit compares what a receiver has seen with what senders were told: nothing
// refused has come, and nothing whose target is not one of its own. missing is
// how many acknowledged frames did not come.
func (l *ledger) audit(w *witness, own ...int) (missing int, faults []error) {
	faults = slices.Clone(w.faults)
	for _, s := range l.streams {
		seen := w.seen[s.number]
		for sequence, target := range s.targets {
			came := len(seen) > 0 && seen[0] == uint64(sequence)
			if came {
				seen = seen[1:]
			}
			mine := slices.Contains(own, int(target))
			switch {
			case came && (!mine || s.fates[sequence] == refused):
				faults = append(faults, fmt.Errorf("stream %d: %d was not to come", s.number, sequence))
			case !came && mine && s.fates[sequence] == delivered:
				missing++
			}
		}
		if len(seen) > 0 {
			faults = append(faults, fmt.Errorf("stream %d: %d frames from nowhere", s.number, len(seen)))
		}
	}
	return missing, faults
}

// sum counts frames for a target by fate.
func (l *ledger) sum(target int, f fate) (n int) {
	for _, s := range l.streams {
		for i := range s.targets {
			if int(s.targets[i]) == target && s.fates[i] == f {
				n++
			}
		}
	}
	return n
}
