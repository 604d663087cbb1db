package engine

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// endsWithin lets time pass until the broker closes the connection, and fails
// unless that is in between the two times.
func (c *client) endsWithin(from, to time.Duration) {
	c.bus.Helper()
	begun := time.Now()
	for !c.closed {
		if time.Since(begun) > to {
			c.bus.Fatalf("%q: still connected after %v", c.name, time.Since(begun))
		}
		c.bus.pass(10 * ms)
	}
	if d := time.Since(begun); d < from {
		c.bus.Errorf("%q: ended after %v, want %v at least", c.name, d, from)
	}
}

// pings keeps clients alive for d: a client sends something at least that
// often [BUSRT-T4].
func (b *bus) pings(d, every time.Duration, clients ...*client) {
	b.Helper()
	for ; d > 0; d -= every {
		for _, c := range clients {
			c.send(codec.AppendPing(nil))
		}
		b.pass(min(d, every))
	}
}

// The whole handshake has one deadline, which no byte puts off [BUSRT-H8].
func TestHandshakeTimeout(t *testing.T) {
	const timeout = 2 * time.Second
	stream := hello("alice")
	for sent := range stream {
		inBubble(t, func(t *testing.T) {
			b := newBus(t, 1, Options{Timeout: timeout})
			c := b.open(0, local(1))
			b.pass(timeout / 2)
			for i := range sent {
				c.send(stream[i : i+1])
				b.pass(50 * ms)
			}
			spent := timeout/2 + time.Duration(sent)*50*ms
			c.endsWithin(timeout-spent, timeout-spent+2*TickInterval)
			if b.broker.ended[reasonHandshake].Load() != 1 {
				t.Error("ended for another reason")
			}
		})
	}
}

// A client must send a header within 10/8 of the timeout; part of one does not
// help, nor what it receives [BUSRT-T1].
func TestHeaderWait(t *testing.T) {
	const timeout = 2 * time.Second
	for _, tt := range []struct {
		name string
		do   func(b *bus, c *client)
		from time.Duration // of the wait
	}{
		{"nothing", func(*bus, *client) {}, 0},
		{"a ping", func(_ *bus, c *client) { c.send(codec.AppendPing(nil)) }, time.Second},
		{"a frame", func(_ *bus, c *client) { c.send(message(0, "nobody", "x")) }, time.Second},
		{"a frame and part of a header", func(_ *bus, c *client) { c.send(message(0, "nobody", "x"), []byte{1, 2}) }, time.Second},
		{"part of a header", func(_ *bus, c *client) { c.send([]byte{0, 0, 0, 0, 0, 0, 0, 0}) }, 0},
		{"it receives", func(b *bus, _ *client) {
			_ = b.broker.Core().Message(b.Context(), "alice", []byte("x"), codec.QoSNo)
		}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				b := newBus(t, 1, Options{Timeout: timeout})
				c := b.connect("alice")
				b.pass(time.Second)
				tt.do(b, c)
				want := headerWait(timeout) + tt.from - time.Second
				c.endsWithin(want, want+3*TickInterval)
				c.expectEnd(false)
				if b.broker.ended[reasonSilent].Load() != 1 {
					t.Error("ended for another reason")
				}
			})
		})
	}
}

// Pings alone keep a client, for ever.
func TestPingsKeepAlive(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := newBus(t, 1, Options{Timeout: time.Second})
		c := b.connect("alice")
		b.pings(10*time.Minute, 1100*ms, c)
		if c.closed {
			t.Error("ended")
		}
	})
}

// A body may take the timeout, and longer the more of it has come: neither its
// length nor a byte now and then put that off [BUSRT-T2].
func TestBodyWait(t *testing.T) {
	const timeout = time.Second
	for _, size := range []int{100, 160 << 10, 1 << 30} {
		for _, came := range []int{0, 50, 64 << 10} {
			for _, dribble := range []bool{false, true} {
				t.Run(fmt.Sprint(size, came, dribble), func(t *testing.T) {
					if came >= size {
						t.Skip("that is all")
					}
					inBubble(t, func(t *testing.T) {
						b := newBus(t, 1, Options{Timeout: timeout, MaxFrame: 1 << 30})
						c := b.connect("alice")
						f := message(0, "nobody", string(make([]byte, min(size, 1<<20))))
						binary.LittleEndian.PutUint32(f[5:], uint32(size))
						want := timeout + time.Duration(came)*time.Second/drainRate
						begun := time.Now()
						c.send(f[:codec.FrameHeaderLen+came])
						b.run()
						for i := codec.FrameHeaderLen + came; dribble && time.Since(begun) < want-100*ms; i++ {
							c.send(f[i : i+1])
							b.pass(100 * ms)
						}
						c.endsWithin(want-time.Since(begun), want-time.Since(begun)+3*TickInterval)
						if b.broker.ended[reasonSlowBody].Load() != 1 {
							t.Error("ended for another reason")
						}
					})
				})
			}
		}
	}
}

// A body that comes in time is a header like any other.
func TestBodyInTime(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := newBus(t, 1, Options{Timeout: time.Second})
		c := b.connect("alice")
		f := message(1, "alice", string(make([]byte, 40<<10))) // two seconds and a half more
		for i := 0; i < len(f); i += 10 << 10 {
			c.send(f[i:min(len(f), i+10<<10)])
			b.pass(600 * ms)
		}
		if got := filter(c.got(), "ack"); len(got) != 1 || c.closed {
			t.Errorf("acks %q, closed %t", got, c.closed)
		}
	})
}

// Who takes nothing for a timeout is given up, with a reset if a frame was
// begun [BUSRT-T3] [BUSRT-B7]; any progress keeps it, however slow.
func TestWriteTimeout(t *testing.T) {
	const timeout = time.Second
	for _, progress := range []int{0, 1} {
		inBubble(t, func(t *testing.T) {
			b := newBus(t, 1, Options{Timeout: timeout})
			c, alice := b.connect("slow"), b.connect("alice")
			c.fits(0)
			alice.send(message(0, "slow", string(make([]byte, 1000))))
			b.run()
			for range 20 {
				if progress == 0 {
					break
				}
				c.letOut(progress)
				b.pings(900*ms, 900*ms, c, alice)
			}
			if c.closed {
				t.Fatal("ended though it takes a byte now and then")
			}
			for begun := time.Now(); !c.closed; {
				b.pings(100*ms, 100*ms, c, alice)
				if d := time.Since(begun); d > 2*timeout {
					t.Fatalf("still connected after %v", d)
				}
			}
			c.expectEnd(true)
			if b.broker.ended[reasonStalled].Load() != 1 {
				t.Error("ended for another reason")
			}
		})
	}
}

// NOPs come every half of the timeout, the first after one half [BUSRT-B1].
func TestNops(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := newBus(t, 1, Options{Timeout: 2 * time.Second})
		c := b.connect("alice")
		alone := func() {
			t.Helper()
			for range 3 {
				b.pings(900*ms, 300*ms, c)
				c.expect()
				b.pings(100*ms, 100*ms, c)
				c.expect("nop")
			}
		}
		alone()
		c.send(message(1, "alice", "traffic"))
		c.expect("message alice: traffic", "ack 1 ok")
		alone()
	})
}

// A process that slept makes no bursts of NOPs, and looks at everybody.
func TestTicksAfterSleep(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := newBus(t, 1, Options{Timeout: time.Minute})
		c, silent := b.connect("alice"), b.connect("silent")
		b.pass(time.Second)
		<-time.After(30 * time.Minute) // without ticks
		c.send(codec.AppendPing(nil))
		b.run() // with the clock of before
		c.send(codec.AppendPing(nil))
		b.loops[0].shard.Tick(time.Now())
		b.run()
		if got := len(filter(c.got(), "nop")); got > 1 {
			t.Errorf("%d NOPs at once", got)
		}
		silent.expectEnd(false)
	})
}
