package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// stalled is one of ten subscribers that stops reading. The nine others go on as
// beside a tenth that reads, but for one pause [BUSRT-O17]; it is cut off
// [BUSRT-O12] and has cost no more memory than may be queued for it.
type stalled struct {
	length  time.Duration // from when it stops
	queue   int           // bytes that may wait for a subscriber
	timeout time.Duration // of the broker
	timed   bool          // hold the others, and memory, to it
}

const (
	stalledAudience = 10
	stalledRate     = 0.95
	stalledSlowdown = 1.5
	stalledPause    = 150 * time.Millisecond
	stalledMemory   = 1.1 // of the queue, in segments
)

// heard is what the nine have heard from the stop on.
type heard struct {
	rate   float64       // frames a second, the least of them
	p99    time.Duration // of them all, from when a frame was due, without what was due in the pause
	pause  time.Duration // the longest that nothing came to one of them
	queued int64         // the most bytes that the broker had in use
	memory int64         // the most that was resident of it, which the runtime decides
	reason string        // of the end of the tenth
}

func (h heard) String() string {
	return fmt.Sprintf("%.0f frames/s each, p99 %v, longest pause %v, %.1f MiB queued, %.1f resident",
		h.rate, h.p99.Round(time.Microsecond), h.pause.Round(time.Microsecond), float64(h.queued)/(1<<20), float64(h.memory)/(1<<20))
}

func (t stalled) run(ctx context.Context, dir string) (string, error) {
	peak, err := t.peak(ctx, dir)
	if err != nil {
		return "", err
	}
	interval := time.Duration(3 / peak * float64(time.Second))
	base, err := t.pass(ctx, dir, interval, false)
	if err != nil {
		return "", fmt.Errorf("with a tenth that reads: %w", err)
	}
	h, err := t.pass(ctx, dir, interval, true)
	if err != nil {
		return "", err
	}
	figures := fmt.Sprintf("a third of the peak of %.0f frames/s, %v: %v; with a tenth that reads %v; the tenth was closed: %s",
		peak, t.length, h, base, h.reason)
	if !t.timed {
		return figures, nil
	}
	var all faults
	if h.rate < stalledRate*base.rate {
		all.add(errors.New("the others receive less"))
	}
	if float64(h.p99) > stalledSlowdown*float64(base.p99) {
		all.add(fmt.Errorf("the others wait more than %v times as long", stalledSlowdown))
	}
	if h.pause > stalledPause {
		all.add(fmt.Errorf("the others had to pause for more than %v", stalledPause))
	}
	if cost := float64(h.queued - base.queued); cost > stalledMemory*float64(t.queue) {
		all.add(fmt.Errorf("it has cost %.1f MiB", cost/(1<<20)))
	}
	return figures, all.err()
}

// in has f done with an audience at a broker that nobody had before, so that
// the most memory that it takes is that of f.
func (t stalled) in(ctx context.Context, dir string, f func(b *broker, a *audience) error) error {
	dir, err := os.MkdirTemp(dir, "")
	if err != nil {
		return err
	}
	b, err := server{Dir: dir, Timeout: t.timeout, QueueBytes: t.queue}.start(ctx)
	if err != nil {
		return err
	}
	a, err := gather(ctx, b.at[0], stalledAudience)
	if err == nil {
		err = f(b, a)
	}
	a.leave()
	return errors.Join(err, b.stop())
}

// peak is how many frames a second ten that read receive at most.
func (t stalled) peak(ctx context.Context, dir string) (rate float64, err error) {
	err = t.in(ctx, dir, func(_ *broker, a *audience) error {
		begun := time.Now()
		n, err := a.hear(ctx, 0, min(2*time.Second, t.length), -1)
		rate = float64(n) / time.Since(begun).Seconds()
		return err
	})
	return rate, err
}

// pass is the trial, with one that stops or without.
func (t stalled) pass(ctx context.Context, dir string, interval time.Duration, stops bool) (h heard, err error) {
	warm := min(time.Second, t.length/2)
	first, stop := int(warm/interval), -1
	if stops {
		stop = first
	}
	return h, t.in(ctx, dir, func(b *broker, a *audience) error {
		n, err := a.hear(ctx, interval, warm+t.length, stop)
		if err != nil {
			return err
		}
		h.judge(a.all[:stalledAudience-1], first, n, interval)
		if stops {
			h.reason, err = t.end(ctx, b)
		}
		if err == nil {
			h.memory, err = b.peak()
		}
		if err == nil {
			var i inside
			i, err = b.look()
			h.queued = i.MostInUse
		}
		return err
	})
}

// judge looks at the frames from first on, of n.
func (h *heard) judge(others []*subscriber, first, n int, interval time.Duration) {
	var took durations
	end := time.Duration(n) * interval
	for i, s := range others {
		var from, to time.Duration // of the longest pause
		for k := first + 1; k < n; k++ {
			if s.came[k]-s.came[k-1] > to-from {
				from, to = s.came[k-1], s.came[k]
			}
		}
		h.pause = max(h.pause, to-from)
		to = min(to, from+stalledPause)
		inTime := 0
		for k := first; k < n; k++ {
			due := time.Duration(k) * interval
			if s.came[k] <= end {
				inTime++
			}
			if due < from || due >= to {
				took = append(took, s.came[k]-due)
			}
		}
		rate := float64(inTime) / (time.Duration(n-first) * interval).Seconds()
		if i == 0 || rate < h.rate {
			h.rate = rate
		}
	}
	h.p99 = took.p99()
}

// end waits until the broker has closed the connection of the tenth, and no
// other, and gives the reason that it counts.
func (t stalled) end(ctx context.Context, b *broker) (string, error) {
	for late := time.Now().Add(time.Minute); time.Now().Before(late) && ctx.Err() == nil; rest(ctx, 10*time.Millisecond) {
		i, err := b.look()
		if err != nil {
			return "", err
		}
		if i.Engine.Connections > stalledAudience {
			continue
		}
		for why, n := range i.Engine.Ended {
			if why != "queue full" && why != "took nothing for too long" || n != 1 || i.Engine.Connections < stalledAudience {
				return "", fmt.Errorf("sessions have ended: %v", i.Engine.Ended)
			}
			return why, nil
		}
	}
	return "", errors.New("the broker keeps who reads nothing")
}
