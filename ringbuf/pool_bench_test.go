package ringbuf

import (
	"fmt"
	"testing"
)

// A segment of the smallest class is taken and given back, by one goroutine and
// by several.
func BenchmarkPool(b *testing.B) {
	var p Pool
	free := make(chan *Segment, 64)
	ways := []struct {
		name string
		get  func()
	}{
		{"pool", func() { p.Get(100).Release() }},
		{"channel", func() {
			var s *Segment
			select {
			case s = <-free:
			default:
				s = &Segment{B: make([]byte, 0, classSizes[0])}
			}
			s.refs.Store(1)
			if s.refs.Add(-1) == 0 {
				select {
				case free <- s:
				default:
				}
			}
		}},
		{"make", func() {
			s := &Segment{B: make([]byte, 0, classSizes[0])}
			s.refs.Store(1)
			made = s
		}},
	}
	for _, w := range ways {
		b.Run(w.name+"/alone", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w.get()
			}
		})
		b.Run(w.name+"/parallel", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					w.get()
				}
			})
		})
	}
}

var made *Segment // keeps the compiler from leaving the allocation out

// One batch for several receivers: a segment that all refer to, or a copy for
// each. The time is that of one receiver; a real one adds its outbox to both.
func BenchmarkSegmentFanOut(b *testing.B) {
	for _, size := range []int{100, 1000, 10_000} {
		for _, receivers := range []int{1, 2, 4, 100} {
			var p Pool
			body := make([]byte, size)
			refs := make([]*Segment, receivers)
			b.Run(fmt.Sprintf("shared/bytes=%d/receivers=%d", size, receivers), func(b *testing.B) {
				for i := 0; i < b.N; i += receivers {
					s := segmentLike(&p, body)
					s.Retain(receivers - 1)
					for i := range refs {
						refs[i] = s
					}
					for _, s := range refs {
						s.Release()
					}
				}
			})
			b.Run(fmt.Sprintf("copies/bytes=%d/receivers=%d", size, receivers), func(b *testing.B) {
				for i := 0; i < b.N; i += receivers {
					for i := range refs {
						refs[i] = segmentLike(&p, body)
					}
					for _, s := range refs {
						s.Release()
					}
				}
			})
		}
	}
}
