package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// rubbish is strangers who send malformed and cut streams, beside a pair of
// bystanders: the broker stays up, its memory where it was, and the pair is
// about as fast as beside as many honest clients at the same rate.
type rubbish struct {
	streams int
	seed    uint64
	timed   bool // hold the pair to it
}

const (
	rubbishMemory   = 32 << 20
	rubbishSlowdown = 2
)

func (t rubbish) run(ctx context.Context, dir string) (string, error) {
	return server{Dir: dir, Timeout: 5 * time.Second}.withPair(ctx, t.beside)
}

func (t rubbish) beside(ctx context.Context, b *broker, p *pair) (string, error) {
	friend := func(i int) error { return say(b.at[i%2], honest(i), false) }
	rate, err := crowd(ctx, min(t.streams, 4000), 0, friend)
	if err != nil {
		return "", err
	}
	rate /= 3
	pace, err := paceBeside(ctx, p, func() error {
		_, err := crowd(ctx, int(rate), rate, friend)
		return err
	})
	if err != nil {
		return "", err
	}
	honestly, err := p.meanwhile(ctx, pace, func() error {
		_, err := crowd(ctx, t.streams, rate, friend)
		return err
	})
	if err != nil {
		return "", err
	}
	before, err := b.resident()
	if err != nil {
		return "", err
	}
	took, err := p.meanwhile(ctx, pace, func() error {
		_, err := crowd(ctx, t.streams, rate, func(i int) error {
			r := rand.New(rand.NewPCG(t.seed, uint64(i)))
			return say(b.at[i%2], malformed(r), i%4 == 0)
		})
		return err
	})
	if err != nil {
		return "", err
	}
	after, err := b.resident()
	if err != nil {
		return "", err
	}
	if _, err := b.look(); err != nil {
		return "", fmt.Errorf("the broker is not up: %w", err)
	}
	p99, base := took.p99(), honestly.p99()
	figures := fmt.Sprintf("%d streams at %.0f/s, seed %d: memory %+.1f MiB; p99 of a pair %v, beside honest clients %v",
		t.streams, rate, t.seed, float64(after-before)/(1<<20), p99, base)
	switch {
	case after-before > rubbishMemory:
		err = fmt.Errorf("memory has grown by more than %d MiB", rubbishMemory>>20)
	case t.timed && p99 >= rubbishSlowdown*base:
		err = fmt.Errorf("the pair took more than %d times as long", rubbishSlowdown)
	}
	return figures, err
}

// paceBeside is a third of what the pair can do beside a crowd that lasts for
// longer than that takes to find out.
func paceBeside(ctx context.Context, p *pair, crowd func() error) (float64, error) {
	over := make(chan error, 1)
	go func() { over <- crowd() }()
	pace, err := p.peak(ctx)
	return pace / 3, errors.Join(err, <-over)
}
