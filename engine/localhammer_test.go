package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// insideActor is an actor of the broker's own process.
type insideActor struct {
	actor
	client *Client
}

func (b *bus) insideActor(id uint32, name string) *insideActor {
	a := &insideActor{client: b.insider(name, ClientOptions{}).Client}
	a.actor.client = &client{bus: b, name: name}
	a.id, a.random, a.last = id, rand.New(rand.NewPCG(uint64(id), 7)), map[uint32]uint32{}
	return a
}

// emit sends one frame in one of the four ways.
func (a *insideActor) emit(ctx context.Context, way int, target string) error {
	payload, q := a.payload(), codec.QoS(a.seq%4)
	switch way {
	case 0:
		return a.client.Send(ctx, target, payload, q)
	case 1:
		return a.client.Publish(ctx, "all", payload, q)
	case 2:
		return a.client.Broadcast(ctx, "*", payload, q)
	default:
		return a.client.PublishFor(ctx, "all", target, payload, q)
	}
}

// receive takes frames, as copies now and then, until ctx ends.
func (a *insideActor) receive(ctx context.Context, done func(frames int)) {
	for n := 0; ; n++ {
		if n%7 == 0 {
			f, err := a.client.Recv(ctx)
			if err != nil {
				return
			}
			a.take(&f)
			done(1)
			continue
		}
		batch, err := a.client.RecvBatch(ctx)
		if err != nil {
			return
		}
		for i := range batch {
			a.take(&batch[i])
		}
		done(len(batch))
	}
}

func (a *insideActor) take(f *Frame) {
	if f.Sender != coreName {
		a.check(f.Payload)
	}
}

// Clients inside and outside send to each other in all ways: everything arrives
// once, undamaged and in order, nobody loses anything and nobody waits for the
// clock [BUSRT-O7] [BUSRT-O13] [BUSRT-O17].
func TestHammerInside(t *testing.T) {
	const outside, inside, loops = 3, 3, 2
	hammer(t, func(t *testing.T) {
		b := newBareBus(t, loops, Options{Timeout: time.Hour, QueueFrames: 64, QueueBytes: 1 << 20})
		begun := time.Now()
		stop := b.serve()
		var out [outside]*actor
		var in [inside]*insideActor
		var names []string
		for i := range out {
			out[i] = b.dial(i%loops, uint32(i+1), fmt.Sprint("out", i), 3)
			out[i].send(list(0, codec.OpSubscribe, "all"))
			out[i].settle()
			names = append(names, out[i].name)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var want, got atomic.Int64 // frames of all receivers
		var readers, senders sync.WaitGroup
		for i := range in {
			in[i] = b.insideActor(uint32(outside+i+1), fmt.Sprint("in", i))
			if err := in[i].client.Subscribe(ctx, "all"); err != nil {
				t.Fatal(err)
			}
			names = append(names, in[i].name)
			readers.Go(func() { in[i].receive(ctx, func(n int) { got.Add(int64(n)) }) })
		}
		synctest.Wait() // who has not begun to receive holds nobody back
		frame := func(random *rand.Rand) (way int, to string) {
			way, to = random.IntN(4), names[random.IntN(len(names))]
			if way == 1 || way == 2 {
				want.Add(int64(len(names)))
			} else {
				want.Add(1)
			}
			return way, to
		}
		var finished atomic.Bool
		for _, a := range out {
			readers.Go(func() { a.read(finished.Load) })
			senders.Go(func() {
				for range strikes(2000) {
					if way, to := frame(a.random); !a.emit(way, to) {
						t.Errorf("%q: connection ended", a.name)
						return
					}
				}
			})
		}
		for _, a := range in {
			senders.Go(func() {
				for range strikes(2000) {
					way, to := frame(a.random)
					if err := a.emit(ctx, way, to); err != nil {
						t.Errorf("%q: %v", a.name, err)
					}
				}
			})
		}
		b.join("the senders", &senders)
		received := func() (n int64) {
			for _, c := range b.broker.Clients() {
				n += int64(c.WFrames)
			}
			return n
		}
		synctest.Wait() // what is held back goes on meanwhile
		acks := int64(0)
		for _, a := range out {
			acks += int64(a.seq / 3)
		}
		if n := received(); n != want.Load()+acks {
			t.Errorf("%d frames and %d acks were sent, %d queued", want.Load(), acks, n)
		}
		finished.Store(true)
		for _, a := range out {
			a.arrived.set()
		}
		cancel()
		b.join("the readers", &readers)
		stop()
		n := got.Load()
		for _, a := range out {
			n += int64(a.received)
		}
		if s, d := b.broker.Stats(), time.Since(begun); n != want.Load() || s.Lost != 0 || len(s.Ended) != 0 || d != 0 {
			t.Errorf("received %d of %d, lost %d, ended %v, waited %v", n, want.Load(), s.Lost, s.Ended, d)
		}
	})
}
