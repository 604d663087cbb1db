package ringbuf

import (
	"sync"
	"testing"
)

// The token alone: taken and given back by one goroutine, then by several that
// compete for it. Who does not get it goes on, as a sender does.
func BenchmarkToken(b *testing.B) {
	var (
		o    Outbox
		mu   sync.Mutex
		free = make(chan struct{}, 1)
	)
	free <- struct{}{}
	ways := []struct {
		name string
		turn func()
	}{
		{"outbox", func() {
			if o.Acquire() {
				o.Yield(false)
			}
		}},
		{"channel", func() {
			select {
			case <-free:
				free <- struct{}{}
			default:
			}
		}},
		{"trylock", func() {
			if mu.TryLock() {
				mu.Unlock()
			}
		}},
	}
	for _, w := range ways {
		b.Run(w.name+"/alone", func(b *testing.B) {
			for b.Loop() {
				w.turn()
			}
		})
		b.Run(w.name+"/competing", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					w.turn()
				}
			})
		})
	}
}
