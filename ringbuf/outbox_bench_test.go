package ringbuf

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

const benchFrame = 100 // bytes

// sink is a receiver that copies what is written to it.
type sink struct {
	buf   [64 << 10]byte
	taken atomic.Int64
}

func (s *sink) write(b []byte) {
	s.taken.Add(int64(copy(s.buf[:], b)))
}

// lane carries frames to a sink. send hands one batch over, and keeps the
// sender waiting while the sink is far behind.
type lane struct {
	name string
	make func(s *sink) (send func(b []byte), end func())
}

var lanes = []lane{
	{"outbox", outboxLane},
	{"channel", channelLane},
	{"mutex", mutexLane},
	{"ring", ringLane},
	{"reserve", reserveLane},
}

// Senders hand frames of 100 bytes to one receiver, in batches as an event
// stages them; the time is that of one frame.
func BenchmarkOutbox(b *testing.B) {
	for _, senders := range []int{1, 4} {
		for _, batch := range []int{1, 32} {
			for _, l := range lanes {
				b.Run(fmt.Sprintf("%s/senders=%d/batch=%d", l.name, senders, batch), func(b *testing.B) {
					benchLane(b, l, senders, batch)
				})
			}
		}
	}
}

func benchLane(b *testing.B, l lane, senders, batch int) {
	var s sink
	var sent atomic.Int64
	var wg sync.WaitGroup
	send, end := l.make(&s)
	frames := make([]byte, batch*benchFrame)
	for i := range senders {
		wg.Go(func() {
			for range share((b.N+batch-1)/batch, i, senders) {
				for sent.Add(int64(len(frames)))-s.taken.Load() > 1<<20 { // the limit of a queue
					sent.Add(-int64(len(frames)))
					runtime.Gosched()
				}
				send(frames)
			}
		})
	}
	wg.Wait()
	for s.taken.Load() < sent.Load() {
		runtime.Gosched()
	}
	end()
}

// What a reference costs on its way through an outbox, by how many wait.
func BenchmarkRefs(b *testing.B) {
	seg := NewStatic(make([]byte, benchFrame))
	for _, wait := range []int{1, 2, 8, 64} {
		refs := make([]Ref, wait)
		for i := range refs {
			refs[i].Seg = seg
		}
		run := func(name string, round func()) {
			b.Run(fmt.Sprintf("%s/wait=%d", name, wait), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; i < b.N; i += wait {
					round()
				}
			})
		}
		var ring refRing
		run("ring", func() {
			ring.push(refs)
			for range refs {
				ring.pop()
			}
		})
		var slice []Ref
		run("slice", func() {
			slice = append(slice, refs...)
			for range refs {
				slice[0] = Ref{}
				slice = slice[1:]
			}
		})
		ch := make(chan Ref, 64)
		run("channel", func() {
			for _, r := range refs {
				ch <- r
			}
			for range refs {
				<-ch
			}
		})
	}
}
