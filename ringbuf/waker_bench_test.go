package ringbuf

import "testing"

// A post to a consumer that is at work already, by one and by several; and the
// whole round of a wake that is delivered. The channel holds at most one wake,
// and is what a waker would be without states.
func BenchmarkWaker(b *testing.B) {
	var w Waker
	bell := make(chan struct{}, 1)
	ring := func() {
		select {
		case bell <- struct{}{}:
		default:
		}
	}
	ways := []struct {
		name        string
		wake, round func()
	}{
		{"waker", func() { w.Wake() }, func() {
			w.Wake()
			w.Begin()
			w.Done()
		}},
		{"channel", ring, func() {
			ring()
			<-bell
		}},
	}
	for _, way := range ways {
		b.Run(way.name+"/round", func(b *testing.B) {
			for b.Loop() {
				way.round()
			}
		})
		way.wake()
		way.wake()
		b.Run(way.name+"/busy", func(b *testing.B) {
			for b.Loop() {
				way.wake()
			}
		})
		b.Run(way.name+"/busy/parallel", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					way.wake()
				}
			})
		})
	}
}
