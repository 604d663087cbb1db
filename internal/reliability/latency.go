package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// pair is two bystanders, one of which sends back what the other sends it.
type pair struct {
	here, there *client.Client
	echoing     chan struct{} // closed when there has ended
}

func newPair(ctx context.Context, at string) (p *pair, err error) {
	p = &pair{echoing: make(chan struct{})}
	if p.here, err = client.Dial(ctx, at, client.Options{Name: "here"}); err != nil {
		return nil, err
	}
	if p.there, err = client.Dial(ctx, at, client.Options{Name: "there"}); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.echoing)
		for {
			f, err := p.there.Recv(context.WithoutCancel(ctx))
			if err != nil {
				return
			}
			if f.Kind == codec.KindMessage {
				_ = p.there.Post(ctx, "here", f.Payload, codec.QoSRealtime)
			}
		}
	}()
	return p, nil
}

// withPair has f done with a broker that there is a pair at, and nobody else.
func (o server) withPair(ctx context.Context, f func(context.Context, *broker, *pair) (string, error)) (figures string, err error) {
	b, err := o.start(ctx)
	if err != nil {
		return "", err
	}
	p, err := newPair(ctx, b.at[0])
	if err == nil {
		figures, err = f(ctx, b, p)
		p.close()
	}
	return figures, errors.Join(err, b.stop())
}

func (p *pair) close() {
	_ = p.here.Close()
	_ = p.there.Close()
	<-p.echoing
}

// once is a frame there and back.
func (p *pair) once(ctx context.Context) error {
	if err := p.here.Post(ctx, "there", []byte("?"), codec.QoSRealtime); err != nil {
		return err
	}
	for {
		f, err := p.here.Recv(ctx)
		if err != nil || f.Kind == codec.KindMessage {
			return err
		}
	}
}

// peak is how often in a second it can do that.
func (p *pair) peak(ctx context.Context) (float64, error) {
	const d = 500 * time.Millisecond
	n := 0
	for begun := time.Now(); time.Since(begun) < d; n++ {
		if err := p.once(ctx); err != nil {
			return 0, err
		}
	}
	return float64(n) / d.Seconds(), nil
}

// meanwhile has the pair do so at a fixed rate while f runs, and gives how long
// each took from when it was due.
func (p *pair) meanwhile(ctx context.Context, rate float64, f func() error) (took durations, err error) {
	over := make(chan error, 1)
	go func() { over <- f() }()
	for due := time.Now(); ; due = due.Add(time.Duration(float64(time.Second) / rate)) {
		select {
		case err := <-over:
			return took, err
		case <-time.After(time.Until(due)):
		}
		if err := p.once(ctx); err != nil {
			return nil, errors.Join(err, <-over)
		}
		took = append(took, time.Since(due))
	}
}

type durations []time.Duration

// p99 is the 99th percentile.
func (d durations) p99() time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[min(len(d)-1, len(d)*99/100)]
}
