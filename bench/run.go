package bench

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/busrt-go/busrt/internal/nap"
)

// progressInterval is how often progress is reported.
const progressInterval = 100 * time.Millisecond

// limits are when a stage ends; 0 is no limit.
type limits struct {
	operations int
	duration   time.Duration
}

// run is a stage under way.
type run struct {
	limits
	bench   *Bench
	stage   Stage
	payload []byte // of each frame
	last    []byte // of the frame that ends a stream: a byte longer than all others
	sizes   []int  // of payloads, in turn; a power of two of them
	every   int    // one in so many operations is timed; a power of two
	limit   int    // operations of each worker
	pace    *schedule
	kept    *crowd // connections that stay until they were weighed

	start time.Time
	over  atomic.Bool   // no more operations are begun
	ended chan struct{} // closed when over

	elapsed    time.Duration // once all are done
	broker     use           // what it has used until then
	own        time.Duration // CPU of the load generator
	bare, full int64         // memory of the broker without and with the connections kept
}

func newRun(b *Bench, s Stage, l limits) *run {
	r := &run{
		limits: l, bench: b, stage: s, every: max(s.every, 1), limit: math.MaxInt,
		sizes: []int{b.options.PayloadSize}, ended: make(chan struct{}),
	}
	if s.mixed {
		r.sizes = mixedSizes()
	}
	longest := 0
	for _, n := range r.sizes {
		longest = max(longest, n)
	}
	r.last = filled(longest + 1)
	r.payload = r.last[:longest:longest]
	if l.operations > 0 {
		r.limit = l.operations / b.options.Workers
	}
	if b.options.Rate > 0 {
		r.every = 1
	}
	for _, w := range b.workers {
		w.begin(r)
	}
	return r
}

// do has all workers do their share. The first error ends them all.
func (r *run) do(ctx context.Context) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	if r.stage.keeps {
		r.kept = newCrowd(r.bench.options.PingInterval)
		defer r.kept.close()
	}
	end := sync.OnceFunc(func() {
		r.over.Store(true)
		close(r.ended)
	})
	if r.bench.options.Rate > 0 {
		defer r.alarms()()
	}
	before, own := r.bench.options.Broker.now(), ownCPU()
	r.start = time.Now()
	defer context.AfterFunc(ctx, end)()
	if rate := r.bench.options.Rate; rate > 0 {
		r.pace = newSchedule(&r.bench.options, r.start, r.duration)
	} else if r.duration > 0 {
		defer time.AfterFunc(r.duration, end).Stop()
	}
	defer r.report()()
	var workers sync.WaitGroup
	for _, w := range r.bench.workers {
		workers.Go(func() {
			if err := r.stage.run(w, ctx); err != nil {
				fail(err)
			}
		})
	}
	workers.Wait()
	r.elapsed = time.Since(r.start)
	r.broker = r.bench.options.Broker.now().since(before)
	r.own = ownCPU() - own
	if err := context.Cause(ctx); err != nil || !r.stage.keeps {
		return err
	}
	return r.weigh(ctx, before)
}

// alarms gives each worker what it sleeps with, until end is called.
func (r *run) alarms() (end func()) {
	var ends []func()
	for _, w := range r.bench.workers {
		if w.nap = r.bench.options.nap; w.nap == nil {
			sleep, end := nap.New()
			w.nap, ends = sleep, append(ends, end)
		}
	}
	return func() {
		for _, end := range ends {
			end()
		}
	}
}

// settling is how long connections are left alone before their memory is read.
const settling = time.Second

// weigh reads how much memory the connections take that are kept.
func (r *run) weigh(ctx context.Context, before use) error {
	select {
	case <-time.After(settling):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if r.bench.options.Broker != nil {
		r.bare, r.full = before.resident, r.bench.options.Broker.now().resident
	}
	return r.kept.err()
}

// report tells about progress until the returned function is called, which
// does so once more.
func (r *run) report() (stop func()) {
	tell := r.bench.options.Progress
	if tell == nil {
		return func() {}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(progressInterval)
		defer tick.Stop()
		for quitting := false; !quitting; {
			select {
			case <-tick.C:
			case <-quit:
				quitting = true
			}
			tell(Progress{Stage: r.stage.Name, Operations: r.done(), Elapsed: time.Since(r.start)})
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// done is the number of operations that all workers have done.
func (r *run) done() (n int) {
	for _, w := range r.bench.workers {
		n += int(w.done.Load())
	}
	return n
}
