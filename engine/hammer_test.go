package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/invariants"
)

// strikes is how often a hammer strikes.
func strikes(n int) int {
	switch {
	case testing.Short():
		return n / 10
	case invariants.Enabled: // and slow
		return n / 3
	default:
		return n
	}
}

// hammer runs a test of many goroutines at several degrees of parallelism, in a
// bubble: its clock stands still as long as anybody has something to do, so
// that no time runs out because the machine is slow, and moves only if
// everybody waits.
func hammer(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	onProcs(t, func(t *testing.T) {
		t.Helper()
		inBubble(t, test)
	})
}

// Several loops, senders and readers that are each slower than the others now
// and then: everything that was sent arrives at all who should have it, once,
// undamaged and in order, and everything is acked [BUSRT-O7] [BUSRT-O11].
// Flow control holds back whoever is too fast, so nobody is cut off [BUSRT-O17];
// and nobody ever waits for the clock, as whoever waited for a wake that was
// lost would.
func TestHammerDelivery(t *testing.T) {
	const actors, loops = 6, 3
	hammer(t, func(t *testing.T) {
		b := newBus(t, loops, Options{Timeout: time.Hour, QueueFrames: 64, QueueBytes: 1 << 20})
		begun := time.Now()
		stop := b.serve()
		var all [actors]*actor
		for i := range all {
			all[i] = b.dial(i%loops, uint32(i+1), fmt.Sprint("a", i), 3)
			all[i].send(list(0, codec.OpSubscribe, "all"))
		}
		for _, a := range all {
			a.settle()
		}
		var want [actors]atomic.Int64 // frames, by receiver
		var finished atomic.Bool
		var senders, readers sync.WaitGroup
		for i, a := range all {
			readers.Go(func() {
				a.read(func() bool { return finished.Load() && int64(a.received) >= want[i].Load() && a.acked == a.seq/3*3 })
			})
			senders.Go(func() {
				for range strikes(3000) {
					way, to := a.random.IntN(4), a.random.IntN(actors)
					for r := range want {
						if r == to || way == 1 || way == 2 {
							want[r].Add(1)
						}
					}
					if !a.emit(way, all[to].name) {
						t.Errorf("%q: connection ended", a.name)
						return
					}
				}
			})
		}
		b.join("the senders", &senders)
		finished.Store(true)
		for _, a := range all {
			a.arrived.set()
		}
		b.join("the readers", &readers)
		stop()
		for i, a := range all {
			if int64(a.received) != want[i].Load() || a.codes[codec.OK] != int(a.seq/3) {
				t.Errorf("%q received %d frames of %d, acks %v of %d", a.name, a.received, want[i].Load(), a.codes, a.seq/3)
			}
		}
		if n, d := b.broker.ended[reasonQueueFull].Load(), time.Since(begun); n != 0 || d != 0 {
			t.Errorf("%d clients were cut off; waited %v", n, d)
		}
	})
}

// settle returns when the loop has handled what the actor has sent.
func (a *actor) settle() {
	for {
		a.mu.Lock()
		left := len(a.in)
		a.mu.Unlock()
		if left == 0 {
			a.loop.do(func() {}) // the read that took the last of it is over
			return
		}
		<-a.drained
	}
}

// Clients come and go in all ways there are, take each other's names over, are
// cut off, stop reading; a sender in the process and calls for lists run beside
// them. Whatever arrives is whole and in order, acks are without gaps, and in
// the end nothing is left.
func TestHammerChurn(t *testing.T) {
	hammer(t, func(t *testing.T) {
		b := newBus(t, 3, Options{
			Timeout: time.Hour, QueueFrames: 64, QueueBytes: 64 << 10, StallTime: 20 * time.Millisecond, ForceRegister: true,
		})
		stop := b.serve()
		var ids atomic.Uint32
		var workers, others sync.WaitGroup
		for w := range 6 {
			workers.Go(func() {
				random := rand.New(rand.NewPCG(uint64(w), 3))
				for range strikes(150) {
					b.life(&ids, random)
				}
			})
		}
		ctx, cancel := context.WithCancel(t.Context())
		others.Go(func() {
			core := b.broker.Core()
			for ctx.Err() == nil {
				_ = core.Message(ctx, "n0", []byte("core"), codec.QoSNo)
				_ = core.Broadcast(ctx, "*", []byte("core"), codec.QoSNo)
				_ = core.Publish(ctx, "all", []byte("core"), codec.QoSNo)
			}
		})
		b.join("the workers", &workers)
		cancel()
		b.join("the broker's own client", &others)
		stop()
	})
}

// life is one connection: from a name to its end.
func (b *bus) life(ids *atomic.Uint32, random *rand.Rand) {
	name := fmt.Sprint("n", random.IntN(4))
	if random.IntN(4) == 0 {
		name += fmt.Sprint("%%", random.IntN(2))
	}
	a := b.dial(random.IntN(len(b.loops)), ids.Add(1), name, 1)
	if a == nil {
		return
	}
	var reader sync.WaitGroup
	reads := random.IntN(3) > 0
	if reads {
		reader.Go(func() { a.read(func() bool { return false }) })
	}
	a.send(list(0, codec.OpSubscribe, "all", topicInfo))
	for range random.IntN(200) {
		if !a.emit(random.IntN(4), fmt.Sprint("n", random.IntN(4))) {
			break
		}
	}
	switch random.IntN(4) {
	case 0:
		a.send(message(0, coreName, string(codec.AppendRPCRequest(nil, 1, "client.list", nil))))
		a.hangUp()
	case 1:
		a.halfClose()
	case 2:
		a.send([]byte("\x01\x00\x00\x00\xFF\x00\x00\x00\x00"))
		a.fits(socketBuffer)
	default:
		a.loop.do(a.session.Abort)
	}
	for !a.over() {
		<-a.drained
	}
	if reads {
		a.arrived.set()
		reader.Wait()
	}
}

// Everybody who was registered when the broker shuts down is told so, whoever
// else comes and goes at that time [BUSRT-A2].
func TestHammerShutdown(t *testing.T) {
	hammer(t, func(t *testing.T) {
		for range strikes(30) {
			b := newBus(t, 3, Options{Timeout: time.Hour})
			stop := b.serve()
			var all []*actor
			for i := range 9 {
				a := b.dial(i%3, uint32(i+1), fmt.Sprint("a", i), 1)
				a.send(list(0, codec.OpSubscribe, topicInfo))
				all = append(all, a)
			}
			for _, a := range all {
				a.settle()
			}
			var others sync.WaitGroup
			for i := range 3 {
				others.Go(func() {
					for n := range 20 {
						if a := b.dial(i, 0, fmt.Sprintf("x%d.%d", i, n), 1); a != nil {
							a.hangUp()
						}
					}
				})
			}
			for range 2 {
				others.Go(func() {
					if err := b.broker.Shutdown(t.Context()); err != nil {
						t.Errorf("Shutdown = %v", err)
					}
				})
			}
			b.join("the shutdown", &others)
			stop()
			for _, a := range all {
				if got := filter(a.texts(), shutdownNotice); len(got) != 1 || !a.closed || a.reset {
					t.Errorf("%q: %d notices, closed %t, reset %t", a.name, len(got), a.closed, a.reset)
				}
			}
		}
	})
}
