package main

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

func (j *job) connectCalls(ctx context.Context) (work, error) {
	callers := make([]caller, j.callers)
	for i := range callers {
		callee, err := j.kit.callee(ctx, i)
		if err != nil {
			return nil, err
		}
		j.open = append(j.open, callee)
		if callers[i], err = j.kit.caller(ctx, i); err != nil {
			return nil, err
		}
		j.open = append(j.open, callers[i])
	}
	return func(ctx context.Context, limit int) (int, error) { return j.calls(ctx, callers, limit) }, nil
}

// calls has all callers call at once, each one call after the other.
func (j *job) calls(ctx context.Context, callers []caller, limit int) (int, error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var all sync.WaitGroup
	var done atomic.Int64
	for _, c := range callers {
		latency := newLatency()
		j.latency = append(j.latency, latency)
		all.Go(func() {
			n := 0
			for ; n < limit && !j.over.Load(); n++ {
				start := time.Now()
				answer, err := c.call(ctx, j.payload)
				if err == nil && !bytes.Equal(answer, j.payload) {
					err = fmt.Errorf("busrt: an answer of %d bytes that are not those of the call", len(answer))
				}
				if err != nil {
					fail(err)
					return
				}
				_ = latency.RecordValue(time.Since(start).Nanoseconds())
			}
			done.Add(int64(n))
		})
	}
	all.Wait()
	return int(done.Load()), context.Cause(ctx)
}
