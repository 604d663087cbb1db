package main

import (
	"bytes"
	"context"
	"io"
	"math"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Every stage runs on every broker that is there, and its row adds up.
func TestRun(t *testing.T) {
	var out, errs bytes.Buffer
	if err := run(t.Context(), []string{"-duration", "100ms", "-rounds", "1"}, &out, &errs); err != nil {
		t.Fatal(err)
	}
	brokers := []string{"ours", "nats-server"}
	if _, err := exec.LookPath("redis-server"); err == nil {
		brokers = append(brokers, "redis-server")
	} else if !strings.Contains(errs.String(), "skipped: redis-server") {
		t.Errorf("nothing said of a missing redis-server: %q", &errs)
	}
	for _, s := range stages {
		for _, b := range brokers {
			row := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(s.name) + ` \| ` + b + ` \| ([\d,]+) \|.*$`).FindStringSubmatch(out.String())
			if row == nil {
				t.Errorf("no row of %s on %s", s.name, b)
				continue
			}
			if n, err := strconv.Atoi(strings.ReplaceAll(row[1], ",", "")); err != nil || n == 0 {
				t.Errorf("rate of %s on %s: %q", s.name, b, row[1])
			}
			if !strings.Contains(out.String(), "\n- "+s.name+", "+b+": ") {
				t.Errorf("no rounds of %s on %s", s.name, b)
			}
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

func TestBadArguments(t *testing.T) {
	for _, args := range [][]string{
		{"-stage", "none"},
		{"-peer", "none"},
		{"-rounds", "0"},
		{"-duration", "0s"},
		{"-window", "1"},
		{"-payload-size", "-1"},
		{"pair"},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q went well", args)
		}
	}
}

// A sender is never a window ahead of its slowest receiver, and gets there.
func TestWindow(t *testing.T) {
	const window, frames, receivers = 16, 10_000, 3
	took := make([]chan struct{}, receivers)
	s := &stream{job: new(job), window: window}
	for i := range receivers {
		tally := newTally()
		s.tallies = append(s.tallies, tally)
		took[i] = make(chan struct{}, window)
		go func() {
			for range took[i] {
				tally.add(1)
			}
		}()
	}
	s.out = fanOut{t, s, took}
	n, err := s.work(t.Context(), frames)
	if err != nil || n != frames*receivers {
		t.Errorf("%d, %v of %d", n, err, frames*receivers)
	}
	for _, c := range took {
		close(c)
	}
}

type fanOut struct {
	t    *testing.T
	s    *stream
	took []chan struct{}
}

func (f fanOut) send(context.Context, []byte) error {
	for i, tally := range f.s.tallies {
		if ahead := f.s.sent - int(tally.got.Load()); ahead >= f.s.window {
			f.t.Errorf("%d ahead of receiver %d", ahead, i)
		}
		f.took[i] <- struct{}{}
	}
	return nil
}

func (f fanOut) flush(context.Context) error { return nil }

func (f fanOut) Close() error { return nil }

func TestMedian(t *testing.T) {
	rates := func(rates ...int) (r []result) {
		for _, n := range rates {
			r = append(r, result{operations: n, elapsed: time.Second})
		}
		return r
	}
	for _, c := range []struct {
		of   []result
		want float64
	}{{rates(3), 3}, {rates(9, 1, 5), 5}, {rates(4, 1, 2, 9), 3}} {
		if got := median(c.of, result.rate); got != c.want {
			t.Errorf("%v: %v", c.of, got)
		}
	}
	h := hdrhistogram.New(100, int64(time.Minute), 3)
	for _, v := range []int64{1000, 2000, 3000} {
		if err := h.RecordValue(v); err != nil {
			t.Fatal(err)
		}
	}
	if got := micros(50)(result{latency: h}); math.Abs(got-2) > 0.1 {
		t.Errorf("p50 %v µs", got)
	}
	for x, want := range map[float64]string{7: "7", 999.6: "1,000", 1234567: "1,234,567"} {
		if got := thousands(x); got != want {
			t.Errorf("%v: %q", x, got)
		}
	}
}
