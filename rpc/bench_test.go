package rpc_test

import (
	"context"
	"testing"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/internal/brokertest"
	"github.com/busrt-go/busrt/rpc"
)

// queued hides the tap of a client.
type queued struct{ rpc.Bus }

// Through our own broker in the same process, over a unix socket, params and
// results of 100 bytes.
func BenchmarkCall(b *testing.B) {
	echo := rpc.CallFunc(func(_ context.Context, r *rpc.Request) ([]byte, error) { return r.Params, nil })
	params := make([]byte, 100)
	benchmarks := []struct {
		name, target string
		callers      int // a core; 0: one in all
		tap          bool
	}{
		{"broker", ".broker", 0, true},
		{"broker, no tap", ".broker", 0, false},
		{"oneself", "alice", 0, true},
		{"oneself, no tap", "alice", 0, false},
		{"broker, 16 callers a core", ".broker", 16, true},
		{"oneself, 16 callers a core", "alice", 16, true},
	}
	for _, bm := range benchmarks {
		b.Run(bm.name, func(b *testing.B) {
			broker := brokertest.Serve(b, "unix", engine.Options{})
			alice, err := client.Dial(context.Background(), broker.Address, client.Options{Name: "alice"})
			check(b, err)
			bus := rpc.Bus(alice)
			if !bm.tap {
				bus = queued{alice}
			}
			c := connect(b, bus, echo, rpc.Options{Realtime: true})
			call := func() {
				if _, err := c.Call(context.Background(), bm.target, "benchmark.test", params); err != nil {
					b.Error(err)
				}
			}
			b.ReportAllocs()
			b.ResetTimer()
			if bm.callers == 0 {
				for b.Loop() {
					call()
				}
				return
			}
			b.SetParallelism(bm.callers)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					call()
				}
			})
		})
	}
}
