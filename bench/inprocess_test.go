package bench_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/busrt-go/busrt/bench"
	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// inProcess has a stage of [bench.InProcess] by its name.
func inProcess(t *testing.T, name string) bench.Stage {
	t.Helper()
	for _, s := range bench.InProcess() {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no stage %q", name)
	return bench.Stage{}
}

// What each stage makes the broker take in for n operations: among it the frame
// that begins a stream, and those that end it, one of each sender.
var inProcessFrames = map[string]func(n uint64) uint64{
	"one-to-one.batch":    func(n uint64) uint64 { return n + 2 },
	"one-to-one.iterator": func(n uint64) uint64 { return n + 2 },
	"four-to-one.batch":   func(n uint64) uint64 { return n + 5 },
	"ping-pong":           func(n uint64) uint64 { return 2*n + 1 },
	"rpc-call":            func(n uint64) uint64 { return 2 * n },
}

func TestInProcessStages(t *testing.T) {
	for _, size := range []int{8, 100, 70_000} {
		operations := 10_000 // more than a queue holds
		if size > 1000 {
			operations = 400
		}
		t.Run(fmt.Sprintf("size=%d", size), func(t *testing.T) {
			b := startBroker(t)
			var sent, taken atomic.Int64
			g := b.open(bench.Options{PayloadSize: size, Operations: operations, Dial: spied(b.dial,
				func(payload []byte) {
					if len(payload) == size {
						sent.Add(1)
					}
				},
				func(frames []codec.Received) []codec.Received {
					for i := range frames {
						if len(frames[i].Payload) == size {
							taken.Add(1)
						}
					}
					return frames
				})})
			for _, s := range bench.InProcess() {
				if err := g.Connect(t.Context(), s); err != nil {
					t.Fatal(err)
				}
				before := b.received()
				sent.Store(0)
				taken.Store(0)
				r, err := g.Run(t.Context(), s)
				if err != nil {
					t.Fatalf("%s: %v", s.Name, err)
				}
				if r.Stage != s.Name || r.Operations != operations {
					t.Errorf("%s: %+v, want %d operations", s.Name, r, operations)
				}
				if got, want := b.received()-before, inProcessFrames[s.Name](uint64(operations)); got != want {
					t.Errorf("%s: the broker took in %d frames, want %d", s.Name, got, want)
				}
				want := int64(operations)
				switch s.Name {
				case "ping-pong":
					want *= 2
				case "rpc-call":
					want = 0 // all payloads are longer
				}
				if sent.Load() != want || taken.Load() != want {
					t.Errorf("%s: %d sent, %d received, want %d", s.Name, sent.Load(), taken.Load(), want)
				}
			}
		})
	}
}

func TestInProcessDuration(t *testing.T) {
	b := startBroker(t)
	g := b.open(bench.Options{PayloadSize: 100, Duration: 30 * time.Millisecond})
	for _, s := range bench.InProcess() {
		r, err := g.Run(t.Context(), s)
		if err != nil || r.Operations == 0 || r.Elapsed < 30*time.Millisecond || r.Elapsed > patience {
			t.Errorf("%s: %d operations in %v: %v", s.Name, r.Operations, r.Elapsed, err)
		}
		timed := int64(r.Operations+63) / 64
		if s.Name != "ping-pong" && s.Name != "rpc-call" {
			timed = 0
		}
		if got := r.Latency.TotalCount(); got != timed {
			t.Errorf("%s: %d latencies of %d operations, want %d", s.Name, got, r.Operations, timed)
		}
	}
}

// A receiver that does not see each frame, in its order [BUSRT-O7], fails the
// stage at once.
func TestOrder(t *testing.T) {
	disorders := []struct {
		name   string
		number uint64 // what comes when it is the turn of frame 250
	}{
		{"one lost", 251},
		{"one twice", 249},
		{"many lost", 1 << 40},
	}
	for _, stage := range []string{"one-to-one.batch", "one-to-one.iterator", "four-to-one.batch"} {
		for _, tt := range disorders {
			t.Run(stage+","+tt.name, func(t *testing.T) {
				b := startBroker(t)
				g := b.open(bench.Options{PayloadSize: 100, Duration: patience, Dial: spied(b.dial, nil,
					func(frames []codec.Received) []codec.Received {
						for i := range frames {
							payload := frames[i].Payload
							if len(payload) == 100 && binary.LittleEndian.Uint64(payload) == 250 {
								binary.LittleEndian.PutUint64(payload, tt.number)
							}
						}
						return frames
					})})
				r, err := g.Run(t.Context(), inProcess(t, stage))
				want := bench.OrderError{Stage: stage, Got: tt.number, Want: 250}
				if order, ok := errors.AsType[*bench.OrderError](err); !ok || *order != want {
					t.Errorf("error %v, want %v", err, &want)
				}
				if r.Elapsed >= patience {
					t.Errorf("it took %v", r.Elapsed)
				}
			})
		}
	}
}

// Messages that are none of the stage's fail it, too.
func TestStrangers(t *testing.T) {
	tests := map[string]func(payload []byte) []byte{
		"short":     func(payload []byte) []byte { return payload[:7] },
		"no sender": func(payload []byte) []byte { payload[7] = 4; return payload },
		"changed":   func(payload []byte) []byte { payload[0]++; return payload },
	}
	for name, change := range tests {
		for _, stage := range []string{"four-to-one.batch", "ping-pong"} {
			t.Run(stage+","+name, func(t *testing.T) {
				b := startBroker(t)
				var seen atomic.Int64
				g := b.open(bench.Options{PayloadSize: 100, Duration: patience, Dial: spied(b.dial, nil,
					func(frames []codec.Received) []codec.Received {
						for i := range frames {
							if seen.Add(1) == 101 {
								frames[i].Payload = change(frames[i].Payload)
							}
						}
						return frames
					})})
				r, err := g.Run(t.Context(), inProcess(t, stage))
				if err == nil || r.Elapsed >= patience {
					t.Errorf("%d operations in %v: %v", r.Operations, r.Elapsed, err)
				}
			})
		}
	}
}

func TestInProcessBrokerDies(t *testing.T) {
	for _, s := range bench.InProcess() {
		t.Run(s.Name, func(t *testing.T) {
			b := startBroker(t)
			var dying atomic.Bool
			g := b.open(bench.Options{PayloadSize: 100, Duration: patience, Progress: func(p bench.Progress) {
				if p.Operations > 0 && !dying.Swap(true) {
					b.kill()
				}
			}})
			r, err := g.Run(t.Context(), s)
			if _, ok := errors.AsType[*client.DisconnectedError](err); !ok || r.Operations == 0 || r.Elapsed >= patience {
				t.Errorf("%d operations in %v: %v", r.Operations, r.Elapsed, err)
			}
		})
	}
}

func TestShortPayload(t *testing.T) {
	b := startBroker(t)
	g := b.open(bench.Options{PayloadSize: 7})
	if _, err := g.Run(t.Context(), inProcess(t, "ping-pong")); err == nil {
		t.Error("frames of 7 bytes had numbers of 8")
	}
}
