package engine

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// waysToReceive are ways to receive n frames.
var waysToReceive = map[string]func(ctx context.Context, c *Client, n int) error{
	"batch": func(ctx context.Context, c *Client, n int) error {
		for n > 0 {
			frames, err := c.RecvBatch(ctx)
			if err != nil {
				return err
			}
			n -= len(frames)
		}
		return nil
	},
	"iterator": func(ctx context.Context, c *Client, n int) error {
		for _, err := range c.Frames(ctx) {
			if n--; n == 0 || err != nil {
				return err
			}
		}
		return nil
	},
}

// Messages of 100 bytes between in-process clients.
func BenchmarkLocal(b *testing.B) {
	for _, senders := range []int{1, 4} {
		for _, how := range []string{"batch", "iterator"} {
			b.Run(fmt.Sprintf("senders=%d/%s", senders, how), func(b *testing.B) {
				benchmarkLocal(b, senders, waysToReceive[how])
			})
		}
	}
}

func benchmarkLocal(b *testing.B, senders int, receive func(context.Context, *Client, int) error) {
	broker, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	ctx := b.Context()
	receiver := mustRegister(b, broker, "receiver")
	receiver.out.stalled.Store(false) // it is about to receive; else it may lose what comes before
	each := b.N/senders + 1
	payload := make([]byte, 100)
	var all sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for i := range senders {
		c := mustRegister(b, broker, fmt.Sprintf("sender%d", i))
		all.Go(func() {
			for range each {
				if err := c.Send(ctx, "receiver", payload, codec.QoSNo); err != nil {
					b.Error(err)
				}
			}
		})
	}
	if err := receive(ctx, receiver, each*senders-int(receiver.Lost())); err != nil {
		b.Error(err)
	}
	all.Wait()
	if n := receiver.Lost(); n != 0 {
		b.Errorf("%d frames were lost", n)
	}
}

// One message there and back.
func BenchmarkLocalPingPong(b *testing.B) {
	broker, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	ctx := b.Context()
	ping, pong := mustRegister(b, broker, "ping"), mustRegister(b, broker, "pong")
	payload := make([]byte, 100)
	go func() {
		for {
			if _, err := pong.RecvBatch(ctx); err != nil {
				return
			}
			if err := pong.Send(ctx, "ping", payload, codec.QoSNo); err != nil {
				return
			}
		}
	}()
	b.ReportAllocs()
	for b.Loop() {
		if err := ping.Send(ctx, "pong", payload, codec.QoSNo); err != nil {
			b.Fatal(err)
		}
		if _, err := ping.RecvBatch(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

func mustRegister(tb testing.TB, b *Broker, name string) *Client {
	tb.Helper()
	c, err := b.Register(tb.Context(), name, ClientOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c
}
