// Embedded is RPC between two parts of a program, through a broker without a
// listener.
//
//	go run ./examples/embedded
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"

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
	pump, err := join(ctx, broker, "pump", func(m *rpc.Mux) {
		m.Handle("start", func(_ context.Context, r *rpc.Request) ([]byte, error) {
			out.Printf("%s starts the pump", r.Sender)
			return []byte("running"), nil
		})
	})
	if err != nil {
		return err
	}
	panel, err := join(ctx, broker, "panel", nil)
	if err != nil {
		return errors.Join(err, pump.Close())
	}
	state, err := panel.Call(ctx, "pump", "start", nil)
	if err != nil {
		return err
	}
	out.Printf("the pump is %s", state)
	return errors.Join(pump.Close(), panel.Close(), broker.Shutdown(ctx))
}

// join makes a client of the broker that speaks RPC.
func join(ctx context.Context, b *engine.Broker, name string, methods func(*rpc.Mux)) (*rpc.Conn, error) {
	bus, err := b.Register(ctx, name, engine.ClientOptions{})
	if err != nil {
		return nil, err
	}
	mux := new(rpc.Mux)
	if methods != nil {
		methods(mux)
	}
	return rpc.New(bus, mux, rpc.Options{})
}
