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

// queue hands jobs to at most max goroutines, in their order. A goroutine
// lives as long as there is something to do. With max 0 put does the job itself.
type queue struct {
	max, limit int
	do         func(job)
	room       chan struct{} // there may be room for one more

	mu      sync.Mutex
	jobs    []job // those that wait; from head on
	head    int
	running int
	workers sync.WaitGroup
}

func newQueue(maxRunning, limit int, do func(job)) *queue {
	return &queue{max: maxRunning, limit: limit, do: do, room: make(chan struct{}, 1)}
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
		q.running++
		q.workers.Go(func() { q.work(j) })
		return
	}
	if len(q.jobs) == cap(q.jobs) && q.head > len(q.jobs)/2 {
		n := copy(q.jobs, q.jobs[q.head:])
		clear(q.jobs[n:])
		q.jobs, q.head = q.jobs[:n], 0
	}
	q.jobs = append(q.jobs, j)
}

func (q *queue) work(j job) {
	for ok := true; ok; j, ok = q.next() {
		q.do(j)
	}
}

// next takes the job whose turn it is; false if the goroutine is to end.
func (q *queue) next() (j job, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.head == len(q.jobs) {
		q.running--
		return job{}, false
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
	return j, true
}

// wait waits until nothing runs any more. After the last put.
func (q *queue) wait() { q.workers.Wait() }
