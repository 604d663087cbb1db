package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/busrt-go/busrt/internal/invariants"
)

// memory is readers that never read, whom senders flood, at a broker with
// GOMEMLIMIT: what it takes in all stays within bounds, since it sheds those that
// most is queued for [engine.Options.MaxMemory], and a pair of bystanders does
// not go short beside them, held against as many that read.
type memory struct {
	length time.Duration
	timed  bool // hold the pair to it
}

const (
	memoryLimit   = "GOMEMLIMIT=256MiB"
	memoryMost    = 384 << 20
	memoryReaders = 50
	memoryRate    = 0.8
)

func (t memory) run(ctx context.Context, dir string) (string, error) {
	return server{Dir: dir, Timeout: 5 * time.Second, Environment: []string{memoryLimit}}.withPair(ctx, t.beside)
}

func (t memory) beside(ctx context.Context, b *broker, p *pair) (string, error) {
	flooded := func(d time.Duration, reads bool) func() error {
		return func() error { return (&flood{at: b.at, reads: reads}).run(ctx, d) }
	}
	pace, err := paceBeside(ctx, p, flooded(time.Second, true))
	if err != nil {
		return "", err
	}
	base, err := p.meanwhile(ctx, pace, flooded(t.length, true))
	if err != nil {
		return "", fmt.Errorf("beside readers that read: %w", err)
	}
	f := &flood{at: b.at}
	took, err := p.meanwhile(ctx, pace, func() error { return f.run(ctx, t.length) })
	if err != nil {
		return "", err
	}
	peak, err := b.peak()
	if err != nil {
		return "", err
	}
	i, err := b.look()
	if err != nil {
		return "", fmt.Errorf("the broker is not up: %w", err)
	}
	seconds := t.length.Seconds()
	figures := fmt.Sprintf("%s, %v: %d readers that do not read were sent %d MiB, cut off %d times (%v in all); at most %.0f MiB resident; a pair %.0f/s, p99 %v, beside readers that read %.0f/s, p99 %v",
		memoryLimit, t.length, memoryReaders, f.bytes.Load()>>20, f.cuts.Load(), i.Engine.Ended, float64(peak)/(1<<20),
		float64(len(took))/seconds, took.p99().Round(time.Microsecond), float64(len(base))/seconds, base.p99().Round(time.Microsecond))
	switch {
	case f.cuts.Load() == 0:
		err = errors.New("nobody was cut off: that was no flood")
	case peak >= memoryMost && !invariants.Enabled: // the race detector's own memory is resident too
		err = fmt.Errorf("%d MiB are too much", peak>>20)
	case t.timed && float64(len(took)) < memoryRate*float64(len(base)):
		err = errors.New("the pair goes short")
	}
	return figures, err
}
