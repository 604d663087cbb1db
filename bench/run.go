package bench

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// progressInterval is how often progress is reported.
const progressInterval = 100 * time.Millisecond

// run is a stage under way.
type run struct {
	bench   *Bench
	stage   Stage
	every   int         // one in so many operations is timed
	limit   int         // operations of each worker
	over    atomic.Bool // no more operations are begun
	start   time.Time
	elapsed time.Duration // once all are done
}

func newRun(b *Bench, s Stage) *run {
	r := &run{bench: b, stage: s, every: s.timedEvery(), limit: math.MaxInt}
	if n := b.options.Operations; n > 0 {
		r.limit = n / b.options.Workers
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
	r.start = time.Now()
	end := func() { r.over.Store(true) }
	defer context.AfterFunc(ctx, end)()
	if d := r.bench.options.Duration; d > 0 {
		defer time.AfterFunc(d, end).Stop()
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
	return context.Cause(ctx)
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
