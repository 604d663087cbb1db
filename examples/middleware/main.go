// Middleware goes around handlers: here each call is logged, has a deadline, and a
// panic in it is an error of the caller's, not the end of the program.
//
//	go run ./examples/middleware
package main

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"time"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/rpc"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, log.New(os.Stdout, "", 0))
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out *log.Logger) error {
	broker, err := engine.New(engine.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = broker.Shutdown(ctx) }()
	mux := new(rpc.Mux)
	mux.Handle("slow", func(ctx context.Context, _ *rpc.Request) ([]byte, error) {
		<-ctx.Done() // of the deadline
		return nil, ctx.Err()
	})
	mux.Handle("faulty", func(context.Context, *rpc.Request) ([]byte, error) { panic("a bug") })
	quiet := slog.New(slog.DiscardHandler)
	handler := rpc.Chain(mux, count(out), rpc.Timeout(20*time.Millisecond), rpc.Recover(quiet))
	bus, err := broker.Register(ctx, "plant", engine.ClientOptions{})
	if err != nil {
		return err
	}
	c, err := rpc.New(bus, handler, rpc.Options{})
	if err != nil {
		return err
	}
	for _, method := range []string{"slow", "faulty", "none"} {
		_, err := c.Call(ctx, "plant", method, nil)
		var failed *rpc.Error
		if !errors.As(err, &failed) {
			return err
		}
		out.Printf("%s: code %d", method, failed.Code)
	}
	return c.Close()
}

// count is a middleware of our own.
func count(out *log.Logger) rpc.Middleware {
	return rpc.Around(func(next rpc.CallFunc) rpc.CallFunc {
		calls := 0
		return func(ctx context.Context, r *rpc.Request) ([]byte, error) {
			calls++ // one call at a time here
			out.Printf("call %d", calls)
			return next(ctx, r)
		}
	})
}
