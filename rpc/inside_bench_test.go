package rpc_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/rpc"
)

// A call from one in-process client to another and back.
func BenchmarkCallInside(b *testing.B) {
	for _, inline := range []bool{false, true} {
		b.Run(fmt.Sprintf("inline=%t", inline), func(b *testing.B) {
			broker, err := engine.New(engine.Options{})
			check(b, err)
			echo := rpc.CallFunc(func(_ context.Context, r *rpc.Request) ([]byte, error) { return r.Params, nil })
			join := func(name string, h rpc.Handler) *rpc.Conn {
				bus, err := broker.Register(b.Context(), name, engine.ClientOptions{})
				check(b, err)
				return connect(b, bus, h, rpc.Options{Inline: inline})
			}
			caller := join("caller", nil)
			join("callee", echo)
			params := make([]byte, 100)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := caller.Call(b.Context(), "callee", "echo", params); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
