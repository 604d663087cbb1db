package rpc

import (
	"sync"

	"github.com/busrt-go/busrt/codec"
)

// job is something for the handler: a call, a notification, or a frame.
type job struct {
	frame codec.Received // a copy
	rpc   codec.RPC      // views of it; of messages only
}

// queue hands jobs to at most max goroutines, in their order. With max 0 put
// does the job itself. A few goroutines stay when there is nothing to do: their
// stacks have grown to what handlers need, and waking one takes 0.2 µs where a
// new one that grows takes 1.
type queue struct {
	max, limit int
	do         func(job)
	room       chan struct{} // there may be room for one more
	next       chan job      // to those who stay; never full, closed by wait

	mu      sync.Mutex
	jobs    []job // those that wait; from head on
	head    int
	running int
	idle    int
	over    bool // no jobs any more
	workers sync.WaitGroup
}

// maxIdle is how many goroutines of a queue stay.
const maxIdle = 4

func newQueue(maxRunning, limit int, do func(job)) *queue {
	return &queue{max: maxRunning, limit: limit, do: do, room: make(chan struct{}, 1), next: make(chan job, maxIdle)}
}

// put hands a job over. While too many wait already it waits as well. One
// goroutine at a time.
func (q *queue) put(j job) {
	if q.max == 0 {
		q.do(j)
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.jobs)-q.head >= q.limit {
		q.mu.Unlock()
		<-q.room // somebody runs, and takes the next one
		q.mu.Lock()
	}
	if q.running < q.max {
		q.startLocked(j)
		return
	}
	if len(q.jobs) == cap(q.jobs) && q.head > len(q.jobs)/2 {
		n := copy(q.jobs, q.jobs[q.head:])
		clear(q.jobs[n:])
		q.jobs, q.head = q.jobs[:n], 0
	}
	q.jobs = append(q.jobs, j)
}

// offer hands over the job that f is, if it may begin at once and several may run:
// then they have no order to keep. Any goroutine.
func (q *queue) offer(f *codec.Received) bool {
	if q.max < 2 {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running == q.max || q.over {
		return false
	}
	q.startLocked(jobOf(f))
	return true
}

// startLocked has a goroutine do j.
func (q *queue) startLocked(j job) {
	q.running++
	if q.idle > 0 {
		q.idle--
		q.next <- j
		return
	}
	q.workers.Go(func() { q.work(j) })
}

func (q *queue) work(j job) {
	for ok := true; ok; {
		q.do(j)
		var stay bool
		if j, ok, stay = q.take(); stay {
			j, ok = <-q.next
		}
	}
}

// take takes the job whose turn it is. Without one the goroutine is to end, or to
// stay until it is given one.
func (q *queue) take() (j job, ok, stay bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.head == len(q.jobs) {
		q.running--
		if stay = q.idle < maxIdle; stay {
			q.idle++
		}
		return job{}, false, stay
	}
	j, q.jobs[q.head] = q.jobs[q.head], job{}
	q.head++
	if q.head == len(q.jobs) {
		q.jobs, q.head = q.jobs[:0], 0
	}
	select {
	case q.room <- struct{}{}:
	default:
	}
	return j, true, false
}

// wait waits until nothing runs any more. After the last put.
func (q *queue) wait() {
	q.mu.Lock()
	if !q.over {
		q.over = true
		close(q.next)
	}
	q.mu.Unlock()
	q.workers.Wait()
}
