package bench

import (
	"context"
	"time"
)

// paced does op at the moments of the schedule, some at the same time if they
// end with an answer. One goroutine waits for the next moment and then does the
// operation itself, while another takes its place: so nothing is handed over
// when it is due.
func (w *worker) paced(ctx context.Context, op func(context.Context) error) error {
	callers := make([]func(context.Context) error, 1, w.bench.options.InFlight)
	if w.run.stage.every == 0 {
		callers = callers[:cap(callers)]
	}
	for i := range callers {
		callers[i] = func(ctx context.Context) error {
			for {
				at, ok := w.next(ctx)
				if !ok {
					return nil
				}
				if err := op(ctx); err != nil {
					return err
				}
				w.record(time.Since(w.run.start) - at)
				w.done.Add(1)
			}
		}
	}
	return w.together(ctx, callers...)
}

// next waits for the moment of the next operation and gives it. ok is false
// if there is none any more.
func (w *worker) next(ctx context.Context) (at time.Duration, ok bool) {
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	r := w.run
	for w.begun < r.limit && !r.over.Load() {
		if at, ok = r.pace.at(w.index, w.begun); !ok {
			return 0, false
		}
		w.begun++
		if r.pace.hopeless() {
			w.miss(time.Since(r.start) - at)
			continue
		}
		late, early := r.pace.wait(ctx, at, w.nap)
		if ctx.Err() != nil {
			return 0, false
		}
		if early {
			w.timed.Lock()
			_ = w.timed.lateness.RecordValue(int64(min(late, longest))) // fails beyond longest only
			w.timed.Unlock()
		}
		return at, true
	}
	return 0, false
}

// miss counts an operation that was never begun; it would have taken longer
// than what it is late already.
func (w *worker) miss(late time.Duration) {
	w.record(late)
	w.timed.Lock()
	w.timed.missed++
	w.timed.Unlock()
}
