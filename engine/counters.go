package engine

import "sync/atomic"

// traffic counts frames and bytes in both directions [BUSRT-O16]. The writers
// add once per event, not once per frame; anyone may read.
type traffic struct {
	rFrames, rBytes atomic.Uint64
	wFrames, wBytes atomic.Uint64
}

func (t *traffic) received(frames, bytes uint64) {
	t.rFrames.Add(frames)
	t.rBytes.Add(bytes)
}

func (t *traffic) sent(frames, bytes uint64) {
	t.wFrames.Add(frames)
	t.wBytes.Add(bytes)
}

// add counts in what o has.
func (t *traffic) add(o *traffic) {
	t.received(o.rFrames.Load(), o.rBytes.Load())
	t.sent(o.wFrames.Load(), o.wBytes.Load())
}

// take moves what o has, which nobody else adds to.
func (t *traffic) take(o *traffic) {
	if o.rFrames.Load() != 0 {
		t.received(o.rFrames.Swap(0), o.rBytes.Swap(0))
	}
	if o.wFrames.Load() != 0 {
		t.sent(o.wFrames.Swap(0), o.wBytes.Swap(0))
	}
}

// tally is what one event brought in so far; [traffic] takes it in one step.
type tally struct{ frames, bytes uint64 }

func (t *tally) add(bytes uint64) {
	t.frames++
	t.bytes += bytes
}

func (t *tally) sub(bytes uint64) {
	t.frames--
	t.bytes -= bytes
}
