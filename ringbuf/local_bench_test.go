package ringbuf

import (
	"sync"
	"testing"
)

// Records of 100 bytes from some goroutines to one: appended, each in a segment
// of its own that is parked, and through a channel of slices.
func BenchmarkLocal(b *testing.B) {
	for _, way := range []struct {
		name string
		run  func(b *testing.B, senders int)
	}{{"append", benchAppend}, {"give", benchGive}, {"channel", benchChannel}} {
		for _, senders := range []int{1, 4} {
			b.Run(way.name+map[int]string{1: "/senders=1", 4: "/senders=4"}[senders], func(b *testing.B) { way.run(b, senders) })
		}
	}
}

func benchAppend(b *testing.B, senders int) {
	x, record := newInbox(), make([]byte, benchFrame)
	benchInbox(b, x, senders, func() bool {
		return x.o.Append(&x.pool, benchFrame, 1, func(b []byte) []byte { return append(b, record...) })
	})
}

func benchGive(b *testing.B, senders int) {
	x, record := newInbox(), make([]byte, benchFrame)
	benchInbox(b, x, senders, func() bool {
		seg := x.pool.Get(benchFrame)
		seg.B = append(seg.B, record...)
		refs := [1]Ref{{seg, 1}}
		return x.o.Give(refs[:])
	})
}

func benchInbox(b *testing.B, x *inbox, senders int, send func() (tell bool)) {
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for range share(b.N, i, senders) {
				x.ring(send())
			}
		})
	}
	var sum uint64
	for sum < uint64(b.N) {
		var cost uint64
		if x.refs, cost = x.o.Take(x.refs[:0], nil, true); len(x.refs) == 0 {
			<-x.bell
		}
		sum += cost
		release(x.refs)
	}
	wg.Wait()
}

func benchChannel(b *testing.B, senders int) {
	var wg sync.WaitGroup
	ch, record := make(chan []byte, 8192), make([]byte, benchFrame)
	for i := range senders {
		wg.Go(func() {
			for range share(b.N, i, senders) {
				ch <- append([]byte(nil), record...)
			}
		})
	}
	for range b.N {
		<-ch
	}
	wg.Wait()
}
