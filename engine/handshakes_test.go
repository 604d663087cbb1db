package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// A handshake of the limit's bytes is whole, one of a byte more ends without a
// word, in one piece or in many [BUSRT-H4]. What follows the name does not count.
//
// Mutant it fails with: > for >= in hello, and the reverse.
func TestHelloLimit(t *testing.T) {
	const limit = 100
	for d := -1; d <= 1; d++ {
		for _, chunk := range []int{readBuffer, 1} {
			b := newBus(t, 1, Options{MaxHello: limit})
			c := b.open(0, local(1000))
			c.chunk = chunk
			name := strings.Repeat("n", limit+d-len(codec.Greeting)-helloHeader)
			want := "\x01\x01"
			if d > 0 {
				want = "\x01"
			}
			c.say(append(hello(name), codec.AppendPing(nil)...), want)
			if d > 0 {
				c.expectEnd(false)
			}
			if n := b.broker.ended[reasonHelloLong].Load(); (n == 1) != (d > 0) {
				t.Errorf("limit %+d, pieces of %d: %d ended for it", d, chunk, n)
			}
		}
	}
}

// As many handshakes as may be have room; for one more there is none until one
// of them ends, well or not, or the oldest is a second old, which goes then.
//
// Mutants it fails with: greeted that is not called by welcome, or release;
// makeRoom that takes the newest.
func TestRoomForHandshakes(t *testing.T) {
	const limit = 3
	inBubble(t, func(t *testing.T) {
		b := newBus(t, 2, Options{MaxHandshakes: limit, Timeout: longTimeout})
		room := func(coming int, want bool) {
			t.Helper()
			if got := b.broker.RoomForHandshake(coming); got != want {
				t.Errorf("room for another, %d coming: %t, want %t", coming, got, want)
			}
			b.run()
		}
		var shaking []*client
		open := func() {
			shaking = append(shaking, b.open(len(shaking)%2, local(1000)))
			b.pass(100 * time.Millisecond)
		}
		for range limit - 1 {
			open()
		}
		room(0, true)
		room(1, false)
		open()
		room(0, false)
		shaking[1].say(hello("x"), "\x01\x01")
		room(0, true)
		open()
		room(0, false)
		shaking[2].leave()
		room(0, true)
		open()
		room(0, false)
		b.pass(handshakeTerm - 500*time.Millisecond)
		room(0, true) // by the eviction of the first
		shaking[0].expectEnd(false)
		if n := b.broker.ended[reasonCrowded].Load(); n != 1 || shaking[3].closed || shaking[4].closed {
			t.Errorf("%d evicted", n)
		}
		open()
		room(0, false)
		shaking[3].say(hello("y"), "\x01\x01")
		room(0, true)
	})
}
