package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// Clients whose entries change all the time, under traffic from all sides: once
// ApplyAAA has returned, a frame is judged by the new entry and no older one;
// names are taken out and put in, clients disconnected by force, lists read.
func TestHammerAAAMap(t *testing.T) {
	const actors, loops = 4, 3
	hammer(t, func(t *testing.T) {
		// Who has come to its end takes nothing any more: room for all that the others send.
		b := newBus(t, loops, Options{Timeout: time.Hour, QueueFrames: 1 << 16, QueueBytes: 64 << 20})
		stop := b.serve()
		g := guard(b, "passer", FullAccess())
		var all [actors]*actor
		for i := range all {
			name := fmt.Sprint("a", i)
			if err := g.Set(name, FullAccess()); err != nil {
				t.Fatal(err)
			}
			all[i] = b.dialAs(g.by(local(1000)), i%loops, uint32(i+1), name, 1)
			all[i].send(list(0, codec.OpSubscribe, "all"))
			all[i].settle()
		}
		var finished atomic.Bool
		var busy, besides sync.WaitGroup
		for i, a := range all {
			busy.Go(func() { a.obey(g, all[(i+1)%actors].name) })
		}
		besides.Go(func() { b.passBy(g, &finished) })
		besides.Go(func() {
			for !finished.Load() {
				for _, name := range g.Names() {
					g.Get(name)
				}
				if err := b.broker.ApplyAAA(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
		b.join("the clients", &busy)
		finished.Store(true)
		b.join("the others", &besides)
		stop()
	})
}

// obey changes the actor's own entry and sees whether the broker keeps to it.
func (a *actor) obey(g *guarded, neighbour string) {
	broker := a.bus.broker
	for range strikes(300) {
		entry, want := FullAccess(), codec.OK
		way := a.random.IntN(4)
		if a.random.IntN(2) == 0 {
			want = codec.AccessDenied
			entry = entry.DenyMessage().DenyBroadcast().DenyPublish()
		}
		if err := g.Set(a.name, entry); err != nil {
			a.bus.Errorf("%v", err)
		}
		if err := broker.ApplyAAA(a.bus.Context()); err != nil {
			a.bus.Errorf("%v", err)
		}
		clear(a.codes)
		if !a.emit(way, neighbour) {
			a.bus.Errorf("%q: connection ended", a.name)
			return
		}
		a.read(func() bool { return a.acked == a.seq })
		if a.codes[want] != 1 || len(a.codes) != 1 {
			a.bus.Errorf("%q: answered %v, want %v", a.name, a.codes, want)
			return
		}
	}
}

// passBy connects again and again, each time with the name that was taken out
// of the map or disconnected by force.
func (b *bus) passBy(g *guarded, finished *atomic.Bool) {
	random := rand.New(rand.NewPCG(5, 6))
	for id := uint32(100); !finished.Load(); id++ {
		if err := g.Set("passer", FullAccess()); err != nil {
			b.Errorf("%v", err)
		}
		a := b.dialAs(g.by(local(1000)), random.IntN(len(b.loops)), id, "passer", 1)
		if a == nil {
			b.Errorf("refused")
			return
		}
		a.emit(1, "")
		if random.IntN(2) == 0 {
			g.Delete("passer")
			if err := b.broker.ApplyAAA(b.Context()); err != nil {
				b.Errorf("%v", err)
			}
		} else if err := b.broker.ForceDisconnect("passer"); err != nil {
			b.Errorf("%v", err)
		}
		if err := b.broker.ForceDisconnect("passer"); !errors.Is(err, codec.NotRegistered) {
			b.Errorf("there still: %v", err)
		}
		a.read(func() bool { return false }) // to the end
	}
}
