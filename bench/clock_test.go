package bench_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busrt-go/busrt/bench"
	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// stalling is a broker that answers at once, but for a time in which it answers
// nothing.
type stalling struct {
	bench.Client
	began    time.Time
	from, to time.Duration
}

func (s *stalling) Send(context.Context, string, []byte, codec.QoS) error {
	if at := time.Since(s.began); at >= s.from && at < s.to {
		<-time.After(s.to - at)
	}
	return codec.NotRegistered
}

func (s *stalling) Close() error { return nil }

// stalled runs a stage for a second on a broker that stalls for that time.
func stalled(t *testing.T, from, to time.Duration, o bench.Options) bench.Result {
	t.Helper()
	o.Name, o.Duration = "load", time.Second
	o.Dial = func(context.Context, string) (bench.Client, error) {
		return &stalling{began: time.Now(), from: from, to: to}, nil
	}
	g, err := bench.New(o.WithNap(func(d time.Duration) { <-time.After(d) }))
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	s, _ := bench.StageNamed("send.qos.processed")
	r, err := g.Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A thousand operations a second, of which the broker keeps half a second's
// waiting: half of all latencies show it, from 500 ms downwards. What waits for
// an answer before it asks again sees nothing but one long operation.
func TestNoCoordinatedOmission(t *testing.T) {
	for _, inFlight := range []int{1, 64} {
		synctest.Test(t, func(t *testing.T) {
			r := stalled(t, 100*time.Millisecond, 600*time.Millisecond, bench.Options{Rate: 1000, InFlight: inFlight})
			if r.Operations != 1000 || r.Latency.TotalCount() != 1000 || r.Missed != 0 || r.Elapsed != 999*time.Millisecond {
				t.Fatalf("in flight %d: %+v", inFlight, r)
			}
			for q, want := range map[float64]float64{0.45: 0, 0.6: 100, 0.75: 250, 0.9: 400, 1: 500} {
				if got := r.Quantile(q).Seconds() * 1000; math.Abs(got-want) > 2 {
					t.Errorf("in flight %d: quantile %g is %g ms, want %g", inFlight, q, got, want)
				}
			}
			if late := r.Lateness.Max(); late > 1 {
				t.Errorf("the generator itself was late by %d ns", late)
			}
		})
	}
}

// Workers share a rate, and begin one behind the other.
func TestRateOfWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := stalled(t, 0, 0, bench.Options{Rate: 1000, Workers: 4})
		if r.Operations != 1000 || r.Elapsed != 999*time.Millisecond || r.Latency.Max() > 1 {
			t.Errorf("%+v, longest %d ns", r, r.Latency.Max())
		}
	})
}

// What is not even begun because nothing ends any more counts, too: as what it
// is late by then.
func TestMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := stalled(t, 100*time.Millisecond, 10*time.Second, bench.Options{Rate: 1000, InFlight: 64})
		if r.Missed != 1000-100-64 || r.Operations != 164 || r.Latency.TotalCount() != 1000 {
			t.Fatalf("%d missed, %d operations, %d latencies", r.Missed, r.Operations, r.Latency.TotalCount())
		}
		if got := r.Quantile(0.11); got < 8*time.Second {
			t.Errorf("quantile 0.11 is %v: the stall of 9.9 s is not in it", got)
		}
	})
}

// The moments of the real clock are met, and a real broker keeps up.
func TestOpenLoop(t *testing.T) {
	b := startBroker(t)
	for _, c := range cases(t, "rpc.call/workers=2", "send.qos.no", "send+recv.qos.no", "pair", "publish/receivers=2", "subscribe") {
		o := c.Options
		o.Rate, o.Duration = 2000, 200*time.Millisecond
		g := b.open(o)
		r, err := g.Run(t.Context(), c.Stage)
		g.Close()
		if err != nil {
			t.Fatalf("%s: %v", c.Name(), err)
		}
		want := 400 * o.EnsureDefaults().Receivers
		if r.Operations+r.Missed != want || r.Latency.TotalCount() != int64(want) || r.Elapsed < 199*time.Millisecond {
			t.Errorf("%s: %d operations, %d missed, %d latencies in %v, want %d", c.Name(), r.Operations, r.Missed,
				r.Latency.TotalCount(), r.Elapsed, want)
		}
	}
}

func TestClosedOnly(t *testing.T) {
	b := startBroker(t)
	g := b.open(bench.Options{PayloadSize: 100, Rate: 1000})
	if _, err := g.Run(t.Context(), inProcess(t, "ping-pong")); err == nil {
		t.Error("ping-pong had an open loop")
	}
}

// An open loop that is interrupted ends at once.
func TestOpenLoopInterrupted(t *testing.T) {
	interrupted := errors.New("interrupted")
	b := startBroker(t)
	var cancel context.CancelCauseFunc
	var ctx context.Context
	ctx, cancel = context.WithCancelCause(t.Context())
	g := b.open(bench.Options{Rate: 100, Duration: patience, Progress: func(p bench.Progress) {
		if p.Operations > 0 {
			cancel(interrupted)
		}
	}})
	s, _ := bench.StageNamed("rpc.call")
	if r, err := g.Run(ctx, s); !errors.Is(err, interrupted) || r.Operations == 0 || r.Elapsed >= patience {
		t.Errorf("%d operations in %v: %v", r.Operations, r.Elapsed, err)
	}
}

var _ bench.Client = (*client.Client)(nil)
