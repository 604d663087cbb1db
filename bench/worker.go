package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

// worker has one connection, or some, and does stages on them.
type worker struct {
	bench  *Bench
	index  int // from 0
	name   string
	client Client
	more   []Client   // linkFour: the other senders
	peer   Client     // the one that receives, or is called
	rpc    *rpc.Conn  // linkCalls, linkCallee
	callee *rpc.Conn  // linkCallee
	out    Streamer   // linkOne, linkPeer, linkFan: what sends
	in     []Streamer // and what receives
	names  atomic.Int64

	// Of the stage under way.
	run     *run
	target  string
	payload []byte
	done    atomic.Int64 // operations; may lag behind
	begun   int          // of an open loop; whoever has the turn
	nap     func(time.Duration)
	turn    chan struct{} // a mutex, but a wait for it lets the time of tests go on
	timed   struct {      // by whoever has done an operation
		sync.Mutex
		latency, lateness *hdrhistogram.Histogram
		missed            int
	}
}

func (w *worker) peerName() string { return w.name + "-peer" }

// topic is a sibling of those of [crowd.subscribe].
func (w *worker) topic() string { return w.bench.options.Name + "/" + w.name }

// begin prepares for a stage.
func (w *worker) begin(r *run) {
	w.run, w.payload, w.begun = r, r.payload, 0
	w.timed.latency, w.timed.missed = newLatency(), 0
	if r.bench.options.Rate > 0 {
		w.timed.lateness = newLatency()
	}
	w.done.Store(0)
	switch r.stage.to {
	case toBroker:
		w.target = ".broker"
	case toItself:
		w.target = w.name
	case toNobody:
		w.target = w.name + "-null"
	case toPeer:
		w.target = w.peerName()
	case toTopic:
		w.target = w.topic()
	}
}

// record takes the latency of one operation.
func (w *worker) record(d time.Duration) {
	w.timed.Lock()
	defer w.timed.Unlock()
	_ = w.timed.latency.RecordValue(int64(min(d, longest))) // fails beyond longest only
}

// together runs tasks at once. The first error ends them all, and the stage.
func (w *worker) together(ctx context.Context, tasks ...func(context.Context) error) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var all sync.WaitGroup
	for _, task := range tasks {
		all.Go(func() {
			if err := task(ctx); err != nil {
				w.run.over.Store(true) // a sender may be far from waiting for anything
				fail(err)
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// repeat does op until the stage is over.
func (w *worker) repeat(ctx context.Context, op func(context.Context) error) error {
	if w.run.pace != nil {
		return w.paced(ctx, op)
	}
	n := 0
	defer func() { w.done.Store(int64(n)) }()
	for ; n < w.run.limit && !w.run.over.Load(); n++ {
		if n&(w.run.every-1) != 0 {
			if err := op(ctx); err != nil {
				return err
			}
			continue
		}
		w.done.Store(int64(n))
		start := time.Now()
		if err := op(ctx); err != nil {
			return err
		}
		w.record(time.Since(start))
	}
	return nil
}

// call has a method return what it was given.
func (w *worker) call(ctx context.Context) error {
	return w.repeat(ctx, func(ctx context.Context) error {
		result, err := w.rpc.Call(ctx, w.target, w.run.stage.method, w.payload)
		if err == nil && !bytes.Equal(result, w.payload) {
			err = fmt.Errorf("busrt: %s returned %d bytes that are not those of the call", w.run.stage.method, len(result))
		}
		return err
	})
}

// call0 calls somebody who does not exist, and who could not answer.
func (w *worker) call0(ctx context.Context) error {
	return w.repeat(ctx, func(ctx context.Context) error {
		return w.refused(w.rpc.Call0(ctx, w.target, w.run.stage.method, w.payload))
	})
}

// send sends to somebody who does not exist.
func (w *worker) send(ctx context.Context) error {
	processed := func(ctx context.Context) error {
		return w.refused(w.out.Send(ctx, codec.OpMessage, w.target, w.payload, codec.QoSRealtimeProcessed))
	}
	if w.run.stage.qos.NeedsAck() {
		return w.repeat(ctx, processed)
	}
	err := w.repeat(ctx, func(ctx context.Context) error {
		return w.out.Send(ctx, codec.OpMessage, w.target, w.payload, w.run.stage.qos)
	})
	if err != nil {
		return err
	}
	return processed(ctx) // the broker has taken what was before it
}

// refused is nil if err says that the target does not exist, which is what
// these stages measure.
func (w *worker) refused(err error) error {
	switch {
	case errors.Is(err, codec.NotRegistered):
		return nil
	case err == nil:
		return fmt.Errorf("busrt: a client %q exists", w.target)
	}
	return err
}
