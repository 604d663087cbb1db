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
	name   string
	client Client
	more   []Client  // linkFour: the other senders
	peer   Client    // the one that receives, if it is another
	rpc    *rpc.Conn // linkCalls, linkCallee
	callee *rpc.Conn // linkCallee

	// Of the stage under way.
	run     *run
	target  string
	payload []byte
	latency *hdrhistogram.Histogram // recorded by one goroutine
	done    atomic.Int64            // operations; may lag behind
}

// newWorker connects a worker.
func newWorker(ctx context.Context, b *Bench, l link, name string) (*worker, error) {
	w := &worker{name: name}
	if err := w.connect(ctx, b, l); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *worker) connect(ctx context.Context, b *Bench, l link) (err error) {
	if w.client, err = b.dial(ctx, w.name); err != nil {
		return err
	}
	if l >= linkPair {
		if w.peer, err = b.dial(ctx, w.peerName()); err != nil {
			return err
		}
	}
	for i := 2; l == linkFour && i <= 4; i++ {
		c, err := b.dial(ctx, fmt.Sprintf("%s-sender%d", w.name, i))
		if err != nil {
			return err
		}
		w.more = append(w.more, c)
	}
	if l == linkCallee {
		if w.callee, err = rpc.New(w.peer, selfTests(), rpc.Options{Realtime: true}); err != nil {
			return err
		}
	}
	if l == linkCalls || l == linkCallee {
		w.rpc, err = rpc.New(w.client, selfTests(), rpc.Options{Realtime: true})
	}
	return err
}

// selfTests answers what a worker calls of itself.
func selfTests() rpc.Handler {
	m := new(rpc.Mux)
	m.Handle(selfTest, func(_ context.Context, r *rpc.Request) ([]byte, error) { return r.Params, nil })
	return m
}

func (w *worker) close() {
	for _, c := range []*rpc.Conn{w.rpc, w.callee} {
		if c != nil {
			_ = c.Close()
		}
	}
	for _, c := range append(w.more, w.client, w.peer) {
		if c != nil {
			_ = c.Close()
		}
	}
}

func (w *worker) peerName() string { return w.name + "-peer" }

// begin prepares for a stage.
func (w *worker) begin(r *run) {
	w.run, w.payload = r, r.bench.payload
	w.latency = newLatency()
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
	}
}

// record takes the latency of one operation.
func (w *worker) record(d time.Duration) {
	_ = w.latency.RecordValue(int64(min(d, longest))) // fails beyond longest only
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
	n := 0
	defer func() { w.done.Store(int64(n)) }()
	for ; n < w.run.limit && !w.run.over.Load(); n++ {
		if n%w.run.every != 0 {
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
		return w.refused(w.client.Send(ctx, w.target, w.payload, codec.QoSRealtimeProcessed))
	}
	if w.run.stage.qos.NeedsAck() {
		return w.repeat(ctx, processed)
	}
	err := w.repeat(ctx, func(ctx context.Context) error {
		return w.client.Send(ctx, w.target, w.payload, w.run.stage.qos)
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
