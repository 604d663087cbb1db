package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// grace is how long a run may take beyond its duration, connecting included.
const grace = 30 * time.Second

var errLost = errors.New("busrt: frames, or answers, are lost: they have not come after 30 s")

// stage is a kind of work: frames from one sender to receivers, or calls.
type stage struct {
	name      string
	receivers int // of each frame
	callers   int // each with a callee of its own; one call at a time
}

var stages = []stage{
	{name: "pair", receivers: 1},
	{name: "publish", receivers: 100},
	{name: "request", callers: 1},
	{name: "request.8", callers: 8},
}

// result is what came out of a run. An operation is a frame that was received,
// or a call.
type result struct {
	operations  int
	elapsed     time.Duration
	broker, own time.Duration // processor time
	latency     *hdrhistogram.Histogram
}

// job is a stage under way.
type job struct {
	stage
	kit     kit
	payload []byte
	over    atomic.Bool // no more operations are begun
	open    []io.Closer
	latency []*hdrhistogram.Histogram // one for each caller
}

// run does the stage for a while. clocks are read when all is connected and
// warm, and when the last operation is done.
func (s stage) run(ctx context.Context, k kit, o options, read func() (clocks, error)) (result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, o.duration+grace, errLost)
	defer cancel()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil) // before anything is closed, whose errors are no news then
	j := &job{stage: s, kit: k, payload: bytes.Repeat([]byte{'x'}, o.payloadSize)}
	defer j.close()

	work, err := j.connect(ctx, o, fail)
	if err != nil {
		return result{}, err
	}
	if _, err := work(ctx, o.window); err != nil { // warm-up
		return result{}, err
	}
	j.latency = nil
	before, err := read()
	if err != nil {
		return result{}, err
	}
	defer time.AfterFunc(o.duration, func() { j.over.Store(true) }).Stop()
	n, err := work(ctx, math.MaxInt)
	if err != nil {
		return result{}, err
	}
	after, err := read()
	r := result{
		operations: n,
		elapsed:    after.time.Sub(before.time),
		broker:     after.broker - before.broker,
		own:        after.own - before.own,
		latency:    newLatency(),
	}
	for _, l := range j.latency {
		r.latency.Merge(l)
	}
	return r, err
}

// work does at most so many operations of one sender or caller, fewer if the
// stage is over, and tells how many all have done.
type work func(ctx context.Context, limit int) (done int, err error)

func (j *job) connect(ctx context.Context, o options, fail func(error)) (work, error) {
	if j.receivers > 0 {
		return j.connectStream(ctx, o, fail)
	}
	return j.connectCalls(ctx)
}

func (j *job) close() {
	for _, c := range j.open {
		_ = c.Close()
	}
}

func newLatency() *hdrhistogram.Histogram {
	return hdrhistogram.New(100, int64(time.Minute), 3)
}
