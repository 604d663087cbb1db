package bench

import (
	"bytes"
	"context"
	"fmt"
)

// Bench is a set of workers. Make one with [New], give it stages, then close
// it.
type Bench struct {
	options Options
	workers []*worker
	link    link   // how they are connected
	lean    bool   // by [Options.Stream]
	around  *crowd // who is there beside them; nil before it is needed
}

// New makes a load generator that is not connected yet.
func New(o Options) (*Bench, error) {
	o = o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return &Bench{options: o}, nil
}

// Connect makes the connections that s needs, unless they are there from an
// earlier stage; [Bench.Run] does it by itself. ctx bounds it.
func (b *Bench) Connect(ctx context.Context, s Stage) error {
	if n := b.options.PayloadSize; n < s.least {
		return fmt.Errorf("busrt: payload of %d bytes: %s wants at least %d", n, s.Name, s.least)
	}
	if b.options.Rate > 0 && s.closed {
		return fmt.Errorf("busrt: %s runs in a closed loop only", s.Name)
	}
	if b.link == s.link && b.lean == b.options.lean(s) {
		return nil
	}
	b.disconnect()
	if err := b.surround(ctx); err != nil {
		b.Close()
		return err
	}
	for i := range b.options.Workers {
		w, err := newWorker(ctx, b, s, i)
		if err != nil {
			b.Close()
			return err
		}
		b.workers = append(b.workers, w)
	}
	b.link, b.lean = s.link, b.options.lean(s)
	return nil
}

// surround connects those who are only there.
func (b *Bench) surround(ctx context.Context) error {
	if b.around != nil {
		return nil
	}
	b.around = newCrowd(b.options.PingInterval)
	if err := b.around.register(ctx, b, b.options.Name+"-other-", b.options.Names); err != nil {
		return err
	}
	return b.around.subscribe(ctx, b, b.options.Subscriptions)
}

// Run goes through s. It returns early when ctx ends, with its cause, or when
// something fails; the result then holds what was done until then.
func (b *Bench) Run(ctx context.Context, s Stage) (Result, error) {
	if err := b.Connect(ctx, s); err != nil {
		return Result{Stage: s.Name, Workers: b.options.Workers, PayloadSize: b.options.PayloadSize}, err
	}
	if d := b.options.WarmUp; d > 0 && !s.keeps {
		if result, err := b.once(ctx, s, limits{duration: d}); err != nil {
			return result, err
		}
	}
	o := &b.options
	if s.keeps {
		return b.once(ctx, s, limits{operations: o.Connections})
	}
	return b.once(ctx, s, limits{o.Operations, o.Duration})
}

func (b *Bench) once(ctx context.Context, s Stage, l limits) (Result, error) {
	r := newRun(b, s, l)
	err := r.do(ctx)
	if err == nil {
		err = b.around.err()
	}
	result := r.result()
	if err != nil {
		b.Close() // frames may be under way: the next stage starts afresh
	}
	return result, err
}

// Close ends all connections. Another stage may follow, and connects anew.
func (b *Bench) Close() {
	b.disconnect()
	if b.around != nil {
		b.around.close()
		b.around = nil
	}
}

// disconnect ends those of the workers.
func (b *Bench) disconnect() {
	for _, w := range b.workers {
		w.close()
	}
	b.workers, b.link = nil, linkNone
}

// The payload of a frame is full of these, as in the reference.
func filled(n int) []byte { return bytes.Repeat([]byte{0xEE}, n) }
