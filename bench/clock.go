package bench

import (
	"context"
	"time"
)

// schedule is when the operations of an open loop begin. It is fixed before the
// first of them, so that one that takes long puts no other off: whatever comes
// late because of it is measured from when it was to begin (Gil Tene's
// "coordinated omission").
type schedule struct {
	start    time.Time
	interval float64       // ns between two of a worker
	shift    float64       // ns from those of one worker to those of the next
	duration time.Duration // what would begin later does not; 0: no limit
	patience time.Duration // when it is given up
}

// tail is for how long a stage may go on behind its duration, at least: what
// was to begin within it is done late rather than not at all.
const tail = time.Second

func newSchedule(o *Options, start time.Time, duration time.Duration) *schedule {
	s := &schedule{
		start:    start,
		interval: 1e9 / o.Rate * float64(o.Workers),
		shift:    1e9 / o.Rate,
		duration: duration,
	}
	if duration > 0 {
		s.patience = duration + max(duration, tail)
	}
	return s
}

// at is when operation n of a worker is to begin, from the start of the stage.
// ok is false if that is behind the end.
func (s *schedule) at(worker, n int) (_ time.Duration, ok bool) {
	at := time.Duration(float64(n)*s.interval + float64(worker)*s.shift)
	return at, s.duration == 0 || at < s.duration
}

// A timer of the runtime is late by up to a millisecond when nothing else
// happens: it is what epoll waits in. The rest is slept.
const timerSlack = 1500 * time.Microsecond

// wait returns at a moment of the schedule, or when ctx ends, and tells how late
// it is; early says that there was time to wait.
func (s *schedule) wait(ctx context.Context, at time.Duration, nap func(time.Duration)) (late time.Duration, early bool) {
	for ctx.Err() == nil {
		d := at - time.Since(s.start)
		if d <= 0 {
			return -d, early
		}
		early = true
		if d <= timerSlack {
			nap(d)
			continue
		}
		timer := time.NewTimer(d - timerSlack)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
	return 0, false
}

// hopeless tells whether the stage has taken so long that what was not begun
// never will be.
func (s *schedule) hopeless() bool { return s.patience > 0 && time.Since(s.start) > s.patience }
