package bench_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/busrt-go/busrt/bench"
	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// What each stage makes the broker take in for n operations, replies among it:
// the work is the reference's, and one more frame where nothing else tells that
// all was taken.
var frames = map[string]func(n uint64) uint64{
	"rpc.call":                func(n uint64) uint64 { return 2 * n },
	"rpc.call+handle":         func(n uint64) uint64 { return 2 * n },
	"rpc.call0":               func(n uint64) uint64 { return n },
	"send.qos.no":             func(n uint64) uint64 { return n + 1 },
	"send.qos.processed":      func(n uint64) uint64 { return n },
	"send+recv.qos.no":        func(n uint64) uint64 { return n + 1 },
	"send+recv.qos.processed": func(n uint64) uint64 { return n + 1 },
	"pair":                    func(n uint64) uint64 { return n + 1 },
	"mixed":                   func(n uint64) uint64 { return n + 1 },
	"publish":                 func(n uint64) uint64 { return n + 1 },
	"subscribe":               func(n uint64) uint64 { return 2 * n },
	"connect":                 func(n uint64) uint64 { return 2 * n }, // announcements
	"connect.keep":            func(n uint64) uint64 { return 2 * n },
}

func TestStages(t *testing.T) {
	for _, workers := range []int{1, 3} {
		for _, size := range []int{0, 1, 100, 70_000} {
			operations := 1001
			if size > 1000 {
				operations = 50
			}
			t.Run(fmt.Sprintf("workers=%d,size=%d", workers, size), func(t *testing.T) {
				b := startBroker(t)
				o := bench.Options{Workers: workers, PayloadSize: size, Operations: operations, Connections: operations}
				if workers > 1 {
					o.Stream = b.lean
				}
				g := b.open(o)
				each := operations / workers
				for _, s := range bench.Stages() {
					if err := g.Connect(t.Context(), s); err != nil {
						t.Fatal(err)
					}
					before := b.received()
					r, err := g.Run(t.Context(), s)
					if err != nil {
						t.Fatalf("%s: %v", s.Name, err)
					}
					if r.Stage != s.Name || r.Workers != workers || r.PayloadSize != size || r.Operations != workers*each {
						t.Errorf("%s: %+v, want %d operations", s.Name, r, workers*each)
					}
					got, want := b.received()-before, uint64(workers)*frames[s.Name](uint64(each))
					if got != want {
						t.Errorf("%s: the broker took in %d frames, want %d", s.Name, got, want)
					}
					wantTimed(t, r, each)
				}
			})
		}
	}
}

// wantTimed wants plausible latencies of one in 64 operations where nobody
// waits, else of all.
func wantTimed(t *testing.T, r bench.Result, each int) {
	t.Helper()
	want := each
	switch r.Stage {
	case "send.qos.no", "send+recv.qos.no", "pair", "mixed", "publish":
		want = (each + 63) / 64
	}
	if got := r.Latency.TotalCount(); got != int64(want*r.Workers) {
		t.Errorf("%s: %d latencies, want %d", r.Stage, got, want*r.Workers)
	}
	if p50, top := r.Quantile(0.5), r.Quantile(1); p50 <= 0 || p50 > top || top > r.Elapsed+r.Elapsed/100 {
		t.Errorf("%s: p50 %v, max %v in %v", r.Stage, p50, top, r.Elapsed)
	}
	if rate := float64(r.Operations) / r.Elapsed.Seconds(); r.Rate() != rate {
		t.Errorf("%s: rate %g, want %g", r.Stage, r.Rate(), rate)
	}
}

// lasting are the stages that take any time.
func lasting() []bench.Stage {
	return slices.DeleteFunc(bench.Stages(), func(s bench.Stage) bool { return s.Name == "connect.keep" })
}

func TestDuration(t *testing.T) {
	b := startBroker(t)
	for _, way := range ways {
		o := bench.Options{Workers: 2, PayloadSize: 100, WarmUp: 5 * time.Millisecond, Duration: 30 * time.Millisecond}
		if way.lean {
			o.Stream = b.lean
		}
		g := b.open(o)
		for _, s := range lasting() {
			r, err := g.Run(t.Context(), s)
			if err != nil || r.Operations == 0 || r.Elapsed < 30*time.Millisecond || r.Elapsed > patience {
				t.Errorf("%s, %s: %d operations in %v: %v", s.Name, way.name, r.Operations, r.Elapsed, err)
			}
		}
		g.Close()
	}
}

// A stage that is under way is interrupted; what it did until then is told, and
// the next one runs as if nothing had been.
func TestCancel(t *testing.T) {
	interrupted := errors.New("interrupted")
	b := startBroker(t)
	var cancel context.CancelCauseFunc
	g := b.open(bench.Options{Workers: 2, PayloadSize: 100, Duration: patience, Stream: b.lean, Progress: func(p bench.Progress) {
		if p.Operations > 0 {
			cancel(interrupted)
		}
	}})
	for _, s := range lasting() {
		var ctx context.Context
		ctx, cancel = context.WithCancelCause(t.Context())
		r, err := g.Run(ctx, s)
		cancel(nil)
		if !errors.Is(err, interrupted) || r.Operations == 0 || r.Elapsed >= patience {
			t.Errorf("%s: %d operations in %v: %v", s.Name, r.Operations, r.Elapsed, err)
		}
	}
}

func TestBrokerDies(t *testing.T) {
	for _, s := range lasting() {
		t.Run(s.Name, func(t *testing.T) {
			b := startBroker(t)
			var dying atomic.Bool
			g := b.open(bench.Options{PayloadSize: 100, Duration: patience, Stream: b.lean, Progress: func(p bench.Progress) {
				if p.Operations > 0 && !dying.Swap(true) {
					b.kill()
				}
			}})
			r, err := g.Run(t.Context(), s)
			_, cut := errors.AsType[*client.DisconnectedError](err)
			_, unreachable := errors.AsType[*net.OpError](err) // of a stage that connects
			if !cut && (!unreachable || s.Name != "connect") {
				t.Errorf("error %v, want a DisconnectedError", err)
			}
			if r.Operations == 0 || r.Elapsed >= patience {
				t.Errorf("%d operations in %v", r.Operations, r.Elapsed)
			}
			if _, err := g.Run(t.Context(), s); err == nil {
				t.Error("the next stage ran without a broker")
			}
		})
	}
}

// A frame that does not arrive ends the stage with an error, not in a wait for
// it. One of 500 is lost here, on the receiver's side.
func TestLoss(t *testing.T) {
	for _, name := range []string{"send+recv.qos.no", "send+recv.qos.processed", "pair"} {
		for _, way := range ways {
			t.Run(name+"/"+way.name, func(t *testing.T) {
				b := startBroker(t)
				seen := 0
				lose := func(frames []codec.Received) []codec.Received {
					if seen < 250 && seen+len(frames) >= 250 {
						seen += len(frames)
						return frames[1:]
					}
					seen += len(frames)
					return frames
				}
				o := bench.Options{PayloadSize: 100, Operations: 500, Dial: spied(b.dial, nil, lose)}
				if way.lean {
					o.Stream = spiedStreams(b.lean, nil, lose)
				}
				g := b.open(o)
				s, _ := bench.StageNamed(name)
				r, err := g.Run(t.Context(), s)
				want := bench.LossError{Stage: name, Sent: 500, Received: 499}
				if loss, ok := errors.AsType[*bench.LossError](err); !ok || *loss != want {
					t.Errorf("error %v, want %v", err, &want)
				}
				if r.Operations != 499 {
					t.Errorf("%d operations", r.Operations)
				}
			})
		}
	}
}

// Senders stay within a window; that of pair always has one, so that no receiver
// is flooded.
func TestWindow(t *testing.T) {
	tests := []struct {
		stage         string
		window, limit int
	}{
		{"pair", 1, 1},
		{"pair", 2, 2},
		{"pair", 100, 100},
		{"pair", 0, bench.DefaultWindow},
		{"send+recv.qos.no", 100, 100},
	}
	for _, tt := range tests {
		for _, way := range ways {
			t.Run(fmt.Sprintf("%s,window=%d/%s", tt.stage, tt.window, way.name), func(t *testing.T) {
				b := startBroker(t)
				var under, most atomic.Int64
				sent := func(payload []byte) {
					if n := under.Add(1); len(payload) == 10 && n > most.Load() {
						most.Store(n)
					}
				}
				received := func(frames []codec.Received) []codec.Received {
					under.Add(-int64(len(frames)))
					return frames
				}
				o := bench.Options{PayloadSize: 10, Operations: 3*tt.limit + 2000, Window: tt.window, Dial: spied(b.dial, sent, received)}
				if way.lean {
					o.Stream = spiedStreams(b.lean, sent, received)
				}
				g := b.open(o)
				s, _ := bench.StageNamed(tt.stage)
				if _, err := g.Run(t.Context(), s); err != nil {
					t.Fatal(err)
				}
				if n := most.Load(); n > int64(tt.limit) {
					t.Errorf("%d frames were under way", n)
				}
			})
		}
	}
}

// More frames than a queue holds, sent by a client to itself [BUSRT-O12]: the
// generator reads while it sends.
func TestNoFlood(t *testing.T) {
	b := startBroker(t)
	g := b.open(bench.Options{Operations: 20 * queue, Workers: 2, Stream: b.lean})
	s, _ := bench.StageNamed("send+recv.qos.no")
	if r, err := g.Run(t.Context(), s); err != nil || r.Operations != 20*queue {
		t.Errorf("%d operations: %v", r.Operations, err)
	}
}

// Stages to nobody want nobody to be there.
func TestNobodyExists(t *testing.T) {
	b := startBroker(t)
	c, err := b.dial(t.Context(), "load-1-null")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	g := b.open(bench.Options{})
	for _, name := range []string{"rpc.call0", "send.qos.no", "send.qos.processed"} {
		s, _ := bench.StageNamed(name)
		if _, err := g.Run(t.Context(), s); err == nil {
			t.Errorf("%s went well", name)
		}
	}
}

func TestProgress(t *testing.T) {
	b := startBroker(t)
	var told []bench.Progress
	g := b.open(bench.Options{Operations: 2000, Connections: 200, Workers: 2, Progress: func(p bench.Progress) { told = append(told, p) }})
	for _, s := range bench.Stages() {
		told = nil
		r, err := g.Run(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		last := told[len(told)-1] // Run has returned, nobody tells any more
		if last.Stage != s.Name || last.Operations != r.Operations || last.Elapsed < r.Elapsed {
			t.Errorf("%s: the last progress is %+v of %d operations in %v", s.Name, last, r.Operations, r.Elapsed)
		}
	}
}
