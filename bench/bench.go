package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// Bench is a set of workers. Make one with [New], give it stages, then close
// it.
type Bench struct {
	options Options
	payload []byte // of each frame
	last    []byte // of the frame that ends a stream: a byte longer
	workers []*worker
	link    link // how they are connected
}

// New makes a load generator that is not connected yet.
func New(o Options) (*Bench, error) {
	o = o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	last := bytes.Repeat([]byte{0xEE}, o.PayloadSize+1)
	return &Bench{options: o, payload: last[:o.PayloadSize:o.PayloadSize], last: last}, nil
}

// Connect makes the connections that s needs, unless they are there from an
// earlier stage; [Bench.Run] does it by itself. ctx bounds it.
func (b *Bench) Connect(ctx context.Context, s Stage) error {
	if n := b.options.PayloadSize; n < s.least {
		return fmt.Errorf("busrt: payload of %d bytes: %s wants at least %d", n, s.Name, s.least)
	}
	if b.link == s.link {
		return nil
	}
	b.Close()
	for i := range b.options.Workers {
		w, err := newWorker(ctx, b, s.link, fmt.Sprintf("%s-%d", b.options.Name, i+1))
		if err != nil {
			b.Close()
			return err
		}
		b.workers = append(b.workers, w)
	}
	b.link = s.link
	return nil
}

// Run goes through s. It returns early when ctx ends, with its cause, or when
// something fails; the result then holds what was done until then.
func (b *Bench) Run(ctx context.Context, s Stage) (Result, error) {
	if err := b.Connect(ctx, s); err != nil {
		return Result{Stage: s.Name, Workers: b.options.Workers, PayloadSize: b.options.PayloadSize}, err
	}
	r := newRun(b, s)
	err := r.do(ctx)
	result := r.result()
	if err != nil {
		b.Close() // frames may be under way: the next stage starts afresh
	}
	return result, err
}

// Close ends all connections. Another stage may follow, and connects anew.
func (b *Bench) Close() {
	for _, w := range b.workers {
		w.close()
	}
	b.workers, b.link = nil, linkNone
}

// A broker may hold a name for a moment after its client has closed
// [BUSRT-H11]: the reference's does.
const (
	busyWait  = 2 * time.Second // in all
	busyPause = time.Millisecond
)

// dial connects a client, and tries again while its name is taken.
func (b *Bench) dial(ctx context.Context, name string) (Client, error) {
	patience := time.After(busyWait)
	for pause := busyPause; ; pause *= 2 {
		c, err := b.options.Dial(ctx, name)
		switch {
		case ctx.Err() != nil && err != nil:
			return nil, context.Cause(ctx)
		case !errors.Is(err, codec.Busy):
			return c, err
		}
		select {
		case <-time.After(pause):
		case <-patience:
			return nil, fmt.Errorf("busrt: name %q: %w", name, err)
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
