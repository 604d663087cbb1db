package client_test

import (
	"context"
	"testing"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/internal/brokertest"
)

// Against our own broker in the same process, over a unix socket, frames of 100
// bytes.
func BenchmarkClient(b *testing.B) {
	ctx := context.Background()
	payload := make([]byte, 100)
	const window = 4096 // frames under way to oneself: less than the broker queues
	benchmarks := []struct {
		name string
		run  func(b *testing.B, c *client.Client) error
	}{
		{"Send", func(b *testing.B, c *client.Client) (err error) {
			for b.Loop() && err == nil {
				err = c.Send(ctx, "nobody", payload, codec.QoSNo)
			}
			return err
		}},
		{"Send processed", func(b *testing.B, c *client.Client) (err error) {
			for b.Loop() && err == nil {
				err = c.Broadcast(ctx, "nobody", payload, codec.QoSRealtimeProcessed)
			}
			return err
		}},
		{"Send processed, 32 senders", func(b *testing.B, c *client.Client) error {
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := c.Broadcast(ctx, "nobody", payload, codec.QoSProcessed); err != nil {
						b.Error(err)
					}
				}
			})
			return nil
		}},
		{"SendAsync, 256 under way", func(b *testing.B, c *client.Client) (err error) {
			var confirms [256]client.Confirm
			for i := 0; b.Loop() && err == nil; i++ {
				at := &confirms[i%len(confirms)]
				if err = at.Wait(ctx); err == nil {
					*at, err = c.BroadcastAsync(ctx, "nobody", payload, codec.QoSProcessed)
				}
			}
			return err
		}},
		{"Send to oneself, RecvBatch", func(b *testing.B, c *client.Client) (err error) {
			for sent, got := 1, 0; b.Loop() && err == nil; sent++ {
				err = c.Send(ctx, c.Name(), payload, codec.QoSNo)
				for sent-got > window && err == nil {
					var batch []client.Frame
					batch, err = c.RecvBatch(ctx)
					got += len(batch)
				}
			}
			return err
		}},
		{"Send to oneself, Recv", func(b *testing.B, c *client.Client) (err error) {
			for sent := 1; b.Loop() && err == nil; sent++ {
				err = c.Send(ctx, c.Name(), payload, codec.QoSNo)
				if sent > window && err == nil {
					_, err = c.Recv(ctx)
				}
			}
			return err
		}},
		{"Send to oneself, one by one", func(b *testing.B, c *client.Client) (err error) {
			for b.Loop() && err == nil {
				if err = c.Send(ctx, c.Name(), payload, codec.QoSRealtime); err == nil {
					_, err = c.RecvBatch(ctx)
				}
			}
			return err
		}},
		{"Send to oneself, 1 MiB", func(b *testing.B, c *client.Client) (err error) {
			large := make([]byte, 1<<20)
			b.SetBytes(int64(len(large)))
			for b.Loop() && err == nil {
				if err = c.Send(ctx, c.Name(), large, codec.QoSRealtime); err == nil {
					_, err = c.RecvBatch(ctx)
				}
			}
			return err
		}},
	}
	for _, bm := range benchmarks {
		b.Run(bm.name, func(b *testing.B) {
			broker := brokertest.Serve(b, "unix", engine.Options{})
			c := dial(b, broker.Address, client.Options{})
			b.ReportAllocs()
			b.ResetTimer()
			if err := bm.run(b, c); err != nil {
				b.Fatal(err)
			}
		})
	}
}
