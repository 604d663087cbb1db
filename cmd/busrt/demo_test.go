package main

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// All stages are in the table, in the order they ran in, and nothing is left.
func TestDemo(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var out bytes.Buffer
	d := demo{stageTime: 20 * time.Millisecond, out: &out, err: &out}
	if err := d.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	unit := `(?:ns|µs|ms)`
	row := regexp.MustCompile(`(?m)^ (\S+) +[1-9][\d_]* +[\d.]+[kM]?(?: +[\d.]+` + unit + `){4}  $`)
	var got []string
	for _, cells := range row.FindAllStringSubmatch(out.String(), -1) {
		got = append(got, cells[1])
	}
	want := []string{
		"rpc.call", "rpc.call+handle", "rpc.call0", "send.qos.no", "send.qos.processed", "send+recv.qos.no",
		"send+recv.qos.processed", "pair",
	}
	if !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q, in\n%s", got, want, out.String())
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// Whenever it is interrupted, it says so and leaves nothing.
func TestDemoInterrupted(t *testing.T) {
	interrupted := errors.New("interrupted")
	for _, after := range []time.Duration{0, time.Millisecond, 100 * time.Millisecond} {
		dir := t.TempDir()
		t.Setenv("TMPDIR", dir)
		ctx, cancel := context.WithCancelCause(t.Context())
		out := &trigger{text: "a broker on a unix socket", do: func() {
			if after == 0 {
				cancel(interrupted)
			} else {
				time.AfterFunc(after, func() { cancel(interrupted) })
			}
		}}
		d := demo{stageTime: patience, out: out, err: out}
		start := time.Now()
		if err := d.run(ctx); !errors.Is(err, interrupted) || time.Since(start) >= patience {
			t.Errorf("after %v: error %v in %v", after, err, time.Since(start))
		}
		if left := files(t, dir); len(left) > 0 {
			t.Errorf("after %v: left behind: %q", after, left)
		}
	}
	goleak.VerifyNone(t)
}

func TestLatency(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0ns", 999: "999ns", 1000: "1.0µs", 12_345: "12.3µs", 99_949: "99.9µs", 99_950: "100µs", 999_999: "1000µs",
		1_500_000: "1.5ms", 2 * time.Second: "2000ms",
	} {
		if got := latency(d); got != want {
			t.Errorf("%d ns: %q, want %q", d, got, want)
		}
	}
}

func TestRate(t *testing.T) {
	for r, want := range map[float64]string{
		0: "0.0", 999.9: "1000", 1000: "1.0k", 37_786: "37.8k", 111_527: "112k", 6_705_311: "6.7M", 123e6: "123M",
	} {
		if got := rate(r); got != want {
			t.Errorf("%v per second: %q, want %q", r, got, want)
		}
	}
}
