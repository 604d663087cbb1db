package main

import (
	"context"
	"math"
	"sync/atomic"
)

// tally counts what a receiver has got.
type tally struct {
	got  atomic.Int64
	want atomic.Int64  // met is told when there are so many
	met  chan struct{} // holds one
}

func newTally() *tally {
	t := &tally{met: make(chan struct{}, 1)}
	t.want.Store(math.MaxInt64)
	return t
}

// add counts n more. One goroutine, the receiver's.
func (t *tally) add(n int) {
	if t.got.Add(int64(n)) < t.want.Load() {
		return
	}
	select {
	case t.met <- struct{}{}:
	default:
	}
}

// await waits until there are n. One goroutine, the sender's.
func (t *tally) await(ctx context.Context, n int) error {
	defer t.want.Swap(math.MaxInt64)
	t.want.Swap(int64(n)) // then look: whoever adds meanwhile looks after adding
	for t.got.Load() < int64(n) {
		select {
		case <-t.met: // perhaps from a wait before this one
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// stream is a sender that stays within a window of its slowest receiver, so that
// no broker has cause to drop anything.
type stream struct {
	*job
	out     sender
	tallies []*tally
	window  int

	sent  int
	floor int // what every receiver is known to have got
}

func (j *job) connectStream(ctx context.Context, o options, fail func(error)) (work, error) {
	r := route{window: o.window, many: j.receivers > 1}
	s := &stream{job: j, window: o.window}
	for i := range j.receivers {
		t := newTally()
		c, err := j.kit.receiver(ctx, r, i, t, fail)
		if err != nil {
			return nil, err
		}
		j.open = append(j.open, c)
		s.tallies = append(s.tallies, t)
	}
	out, err := j.kit.sender(ctx, r)
	if err != nil {
		return nil, err
	}
	j.open = append(j.open, out)
	s.out = out
	return s.work, nil
}

// work sends until the limit is reached or the stage is over, and waits until
// all of it is received.
func (s *stream) work(ctx context.Context, limit int) (int, error) {
	from := s.sent
	for ; s.sent-from < limit && !s.over.Load(); s.sent++ {
		if s.sent-s.floor >= s.window { // then until half of it is free, so as not to be woken for each frame
			if err := s.await(ctx, s.sent-s.window/2); err != nil {
				return 0, err
			}
		}
		if err := s.out.send(ctx, s.payload); err != nil {
			return 0, err
		}
	}
	if err := s.await(ctx, s.sent); err != nil {
		return 0, err
	}
	return (s.sent - from) * len(s.tallies), nil
}

// await waits until every receiver has got n.
func (s *stream) await(ctx context.Context, n int) error {
	if err := s.out.flush(ctx); err != nil {
		return err
	}
	floor := s.sent
	for _, t := range s.tallies {
		if err := t.await(ctx, n); err != nil {
			return err
		}
		floor = min(floor, int(t.got.Load()))
	}
	s.floor = floor
	return nil
}
