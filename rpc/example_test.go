package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/brokertest"
	"github.com/busrt-go/busrt/rpc"
)

// join connects a client that answers with h.
func join(address, name string, h rpc.Handler, o rpc.Options) *rpc.Conn {
	bus, err := client.Dial(context.Background(), address, client.Options{Name: name})
	if err != nil {
		panic(err)
	}
	c, err := rpc.New(bus, h, o)
	if err != nil {
		panic(err)
	}
	return c
}

// Calls are logged and bounded in time, and survive a panic: Recover is
// innermost, so that the others see its error.
func ExampleChain() {
	address, stop, _ := brokertest.ForExample()
	defer stop()
	var mux rpc.Mux
	mux.Handle("divide", func(_ context.Context, r *rpc.Request) ([]byte, error) {
		return []byte{12 / r.Params[0]}, nil
	})
	quiet := slog.New(slog.DiscardHandler)
	h := rpc.Chain(&mux, rpc.Log(quiet), rpc.Timeout(time.Second), rpc.Recover(quiet))
	server := join(address, "server", h, rpc.Options{})
	defer func() { _ = server.Close() }()
	c := join(address, "caller", nil, rpc.Options{})
	defer func() { _ = c.Close() }()

	for _, by := range []byte{4, 0} {
		result, err := c.Call(context.Background(), "server", "divide", []byte{by})
		fmt.Printf("%d %v\n", result, err)
	}
	// Output:
	// [3] <nil>
	// [] busrt: RPC error -32603, internal error: the handler panicked
}

// A middleware of one's own that concerns calls: who may make them.
func ExampleAround() {
	only := func(sender string) rpc.Middleware {
		return rpc.Around(func(next rpc.CallFunc) rpc.CallFunc {
			return func(ctx context.Context, r *rpc.Request) ([]byte, error) {
				if codec.PrimaryName(r.Sender) != sender {
					return nil, codec.AccessDenied
				}
				return next(ctx, r)
			}
		})
	}
	h := rpc.Chain(rpc.CallFunc(func(context.Context, *rpc.Request) ([]byte, error) {
		return []byte("welcome"), nil
	}), only("admin"))
	for _, sender := range []string{"admin%%1", "mallory"} {
		result, err := h.Call(context.Background(), &rpc.Request{Sender: sender})
		fmt.Printf("%q %v\n", result, err)
	}
	// Output:
	// "welcome" <nil>
	// "" busrt: access denied
}

// A call ends when the client that was called leaves.
func ExampleOptions_watchCallees() {
	address, stop, _ := brokertest.ForExample()
	defer stop()
	called := make(chan struct{})
	server := join(address, "server", rpc.CallFunc(func(ctx context.Context, _ *rpc.Request) ([]byte, error) {
		close(called)
		<-ctx.Done() // it never answers
		return nil, ctx.Err()
	}), rpc.Options{})
	c := join(address, "caller", nil, rpc.Options{WatchCallees: true})
	defer func() { _ = c.Close() }()
	go func() {
		<-called
		_ = server.Close()
	}()

	_, err := c.Call(context.Background(), "server", "m", nil)
	fmt.Println(err)
	fmt.Println(errors.Is(err, codec.NotRegistered))
	// Output:
	// busrt: server left before it answered
	// true
}
