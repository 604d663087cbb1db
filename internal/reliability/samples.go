package main

import (
	"fmt"
	"time"
)

// sample is a broker at an instant.
type sample struct {
	since                   time.Duration
	resident                int64
	descriptors, goroutines int
}

func (x sample) String() string {
	return fmt.Sprintf("%6v  %.1f MiB, %d descriptors, %d goroutines", x.since, float64(x.resident)/(1<<20), x.descriptors, x.goroutines)
}

func (s *soak) sample(since time.Duration) (x sample, err error) {
	x.since = since
	if x.resident, err = s.broker.resident(); err != nil {
		return x, err
	}
	if x.descriptors, err = s.broker.descriptors(); err != nil {
		return x, err
	}
	i, err := s.broker.look()
	x.goroutines = i.Goroutines
	return x, err
}

type samples []sample

// warmUp is not looked at: caches and pools fill. A run that is short has a
// shorter one.
func warmUp(length time.Duration) time.Duration { return min(5*time.Minute, length/4) }

// judge gives, of what comes behind the warm-up, the slope of resident memory in
// bytes a minute, by least squares, and how far the mean of descriptors and
// goroutines in the last third is above that in the first, the worse of both.
func (all samples) judge(length time.Duration) (slope, drift float64) {
	for len(all) > 0 && all[0].since < warmUp(length) {
		all = all[1:]
	}
	var n, sx, sy, sxx, sxy float64
	for _, s := range all {
		x, y := s.since.Minutes(), float64(s.resident)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	if d := n*sxx - sx*sx; d > 0 {
		slope = (n*sxy - sx*sy) / d
	}
	third := len(all) / 3
	first, last := all[:third], all[len(all)-third:]
	return slope, max(
		last.mean(func(s sample) int { return s.descriptors })-first.mean(func(s sample) int { return s.descriptors }),
		last.mean(func(s sample) int { return s.goroutines })-first.mean(func(s sample) int { return s.goroutines }))
}

func (all samples) mean(of func(sample) int) float64 {
	if len(all) == 0 {
		return 0
	}
	sum := 0
	for _, s := range all {
		sum += of(s)
	}
	return float64(sum) / float64(len(all))
}
