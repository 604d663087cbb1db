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

// A name that is still held is waited for [BUSRT-H4]; the reference's benchmark
// fails then.
func TestBusy(t *testing.T) {
	b := startBroker(t)
	refusals := 3
	g := b.open(bench.Options{Dial: func(ctx context.Context, name string) (bench.Client, error) {
		if refusals > 0 {
			refusals--
			return nil, &client.RefusedError{Name: name, Code: codec.Busy}
		}
		return b.dial(ctx, name)
	}})
	s, _ := bench.StageNamed("send.qos.processed")
	if r, err := g.Run(t.Context(), s); err != nil || r.Operations != 1000 || refusals != 0 {
		t.Errorf("%d operations, %d refusals to come: %v", r.Operations, refusals, err)
	}
}

// A name that somebody else has is waited for in vain.
func TestBusyForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := 0
		g, err := bench.New(bench.Options{Name: "load", Operations: 1, Dial: func(context.Context, string) (bench.Client, error) {
			dials++
			return nil, codec.Busy
		}})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		err = g.Connect(t.Context(), bench.Stages()[0])
		if d := time.Since(start); !errors.Is(err, codec.Busy) || d != 2*time.Second || dials < 2 {
			t.Errorf("after %v and %d attempts: %v", d, dials, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g.Connect(ctx, bench.Stages()[0]); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a context that ends earlier: %v", err)
		}
	})
}

func TestValidate(t *testing.T) {
	good := func() bench.Options {
		return bench.Options{Name: "load", Operations: 10, Dial: func(context.Context, string) (bench.Client, error) {
			return nil, errors.New("nobody there")
		}}
	}
	tests := []struct {
		name  string
		spoil func(*bench.Options)
	}{
		{"no dialer", func(o *bench.Options) { o.Dial = nil }},
		{"no name", func(o *bench.Options) { o.Name = "" }},
		{"no end", func(o *bench.Options) { o.Operations = 0 }},
		{"operations", func(o *bench.Options) { o.Operations = -1 }},
		{"duration", func(o *bench.Options) { o.Duration = -1 }},
		{"workers", func(o *bench.Options) { o.Workers = -1 }},
		{"fewer operations than workers", func(o *bench.Options) { o.Workers = 11 }},
		{"payload", func(o *bench.Options) { o.PayloadSize = -1 }},
		{"window", func(o *bench.Options) { o.Window = -2 }},
		{"warm-up", func(o *bench.Options) { o.WarmUp = -1 }},
		{"rate", func(o *bench.Options) { o.Rate = -1 }},
		{"no rate", func(o *bench.Options) { o.Rate = math.NaN() }},
		{"fast", func(o *bench.Options) { o.Rate = 2e9 }},
		{"receivers", func(o *bench.Options) { o.Receivers = -1 }},
		{"names", func(o *bench.Options) { o.Names = -1 }},
		{"connections", func(o *bench.Options) { o.Workers, o.Connections = 3, 2 }},
	}
	if _, err := bench.New(good()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		o := good()
		tt.spoil(&o)
		if _, err := bench.New(o); err == nil {
			t.Errorf("%s: accepted", tt.name)
		}
	}
}
