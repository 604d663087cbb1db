package ringbuf

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/puzpuzpuz/xsync/v3"
)

// queue is a bounded queue of pointers. push waits while it is full, pop while
// it is empty: a channel by itself, the others with the help of a waker.
type queue struct {
	name string
	push func(*int)
	pop  func() *int
}

const benchCapacity = 1024

func queues() []queue {
	ring := NewMPSC[*int](benchCapacity)
	other := xsync.NewMPMCQueueOf[*int](benchCapacity)
	ch := make(chan *int, benchCapacity)
	var list lockedQueue
	return []queue{
		waiting("ring", ring.Push, ring.Pop),
		{"channel", func(v *int) { ch <- v }, func() *int { return <-ch }},
		waiting("xsync", other.TryEnqueue, other.TryDequeue),
		waiting("mutex", list.push, list.pop),
	}
}

func waiting(name string, push func(*int) bool, pop func() (*int, bool)) queue {
	var w Waker
	bell := make(chan struct{}, 1)
	wake := func() {
		if w.Wake() {
			bell <- struct{}{}
		}
	}
	looking := false
	return queue{
		name,
		func(v *int) {
			for !push(v) {
				runtime.Gosched()
			}
			wake()
		},
		func() *int {
			for {
				if !looking {
					<-bell
					w.Begin()
					looking = true
				}
				if v, ok := pop(); ok {
					return v
				}
				looking = false
				if w.Done() {
					wake()
				}
			}
		},
	}
}

// lockedQueue is a ring under a mutex.
type lockedQueue struct {
	mu         sync.Mutex
	slots      [benchCapacity]*int
	head, tail int
}

func (q *lockedQueue) push(v *int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.tail-q.head == benchCapacity {
		return false
	}
	q.slots[q.tail%benchCapacity] = v
	q.tail++
	return true
}

func (q *lockedQueue) pop() (v *int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.tail == q.head {
		return nil, false
	}
	v, q.slots[q.head%benchCapacity] = q.slots[q.head%benchCapacity], nil
	q.head++
	return v, true
}

// One goroutine pushes a burst and pops it: what a value costs that nobody
// disturbs.
func BenchmarkMPSCAlone(b *testing.B) {
	for _, q := range queues() {
		b.Run(q.name, func(b *testing.B) {
			v := new(int)
			const burst = 64
			for i := 0; i < b.N; i += burst {
				for range burst {
					q.push(v)
				}
				for range burst {
					q.pop()
				}
			}
		})
	}
}

// Producers push what one consumer pops; the time is that of one value.
func BenchmarkMPSC(b *testing.B) {
	for _, producers := range []int{1, 4} {
		for _, q := range queues() {
			b.Run(fmt.Sprintf("%s/producers=%d", q.name, producers), func(b *testing.B) {
				v := new(int)
				var wg sync.WaitGroup
				for p := range producers {
					wg.Go(func() {
						for range share(b.N, p, producers) {
							q.push(v)
						}
					})
				}
				for range b.N {
					q.pop()
				}
				wg.Wait()
			})
		}
	}
}

// share is the part of n that the i-th of several takes.
func share(n, i, of int) int { return n*(i+1)/of - n*i/of }
