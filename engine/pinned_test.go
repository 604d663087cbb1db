package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestPinned: what waits for a slow receiver pins memory in proportion to what
// is accounted for it [BUSRT-O12], or to the 4 KiB that a small frame's segment
// takes; not a large segment for each frame.
func TestPinned(t *testing.T) {
	t.Run("fan-out of small frames", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			b := newBus(t, 1, Options{Timeout: longTimeout})
			slow, rest := b.slowOne(true)
			alice := b.connect("alice")
			for i := range 8100 {
				alice.send(publish(0, "t", strings.Repeat("x", 100)))
				if i%500 == 499 {
					b.pass(700 * time.Millisecond)
					for _, c := range rest {
						c.take()
					}
				}
			}
			b.pass(5 * time.Second)
			checkPinned(t, b, slow, 3<<20) // of 0.9 MiB, and the segments of those that waited before it was behind
		})
	})
	t.Run("two messages an event", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			b := newBus(t, 1, Options{Timeout: longTimeout})
			slow, _ := b.slowOne(false)
			frame := message(0, "slow", strings.Repeat("x", 2040))
			for k := range 4 {
				c := b.connect(fmt.Sprint("s", k))
				c.chunk = 2 * len(frame)
				for range 2000 {
					c.send(frame)
				}
				b.pass(2 * time.Second)
			}
			checkPinned(t, b, slow, 17<<20) // of 16 MiB
		})
	})
}

func checkPinned(t *testing.T, b *bus, slow *client, most int) {
	t.Helper()
	pinned := 0
	for _, v := range slow.session.out.ring.Views(make([][]byte, 0, 20000)) {
		pinned += cap(v)
	}
	l := slow.session.out.level.Load()
	if levelFrames(l) < 4000 {
		t.Errorf("only %d frames wait: the test says nothing", levelFrames(l))
	}
	if pinned > most {
		t.Errorf("%d frames of %d KiB in all pin %d MiB, want at most %d", levelFrames(l), levelBytes(l)>>10, pinned>>20, most>>20)
	}
	slow.fits(socketBuffer)
	b.run()
}
