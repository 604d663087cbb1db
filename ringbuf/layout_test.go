package ringbuf

import (
	"testing"
	"unsafe"

	"github.com/busrt-go/busrt/internal/cpu"
)

// What producers write, what the consumer writes and what all only read lie on
// cache lines of their own.
func TestMPSCLayout(t *testing.T) {
	var q MPSC[*int]
	tail, head, size := unsafe.Offsetof(q.tail), unsafe.Offsetof(q.head), unsafe.Sizeof(q)
	readEnd := unsafe.Offsetof(q.mask) + unsafe.Sizeof(q.mask)
	if tail-readEnd < cpu.CacheLine || head-tail < cpu.CacheLine || size-head < cpu.CacheLine {
		t.Errorf("fields that are read end at %d, tail at %d, head at %d, end at %d; want %d bytes between",
			readEnd, tail, head, size, cpu.CacheLine)
	}
	if got := unsafe.Sizeof(slot[*int]{}); got != 16 {
		t.Errorf("a slot takes %d bytes", got)
	}
}

// An idle session should cost little.
func TestOutboxSize(t *testing.T) {
	if got := unsafe.Sizeof(Outbox{}); got > 2*64 {
		t.Errorf("an outbox takes %d bytes", got)
	}
}
