// Typed is RPC with types that know their MessagePack: params and results are
// structs, and bad params are answered before the method sees them.
//
//	go run ./examples/typed
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"

	"github.com/busrt-go/busrt/codec"
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
	// Types of one's own are made by a generator, github.com/tinylib/msgp.
	mux.Handle("rename", rpc.Typed(func(_ context.Context, _ *rpc.Request, p *codec.BrokerInfo) (*codec.BrokerInfo, error) {
		return &codec.BrokerInfo{Author: p.Author, Version: p.Version + ", renamed"}, nil
	}))
	bus, err := broker.Register(ctx, "plant", engine.ClientOptions{})
	if err != nil {
		return err
	}
	c, err := rpc.New(bus, mux, rpc.Options{})
	if err != nil {
		return err
	}
	result, err := rpc.Call[codec.BrokerInfo](ctx, c, "plant", "rename", &codec.BrokerInfo{Author: "me", Version: "1"})
	if err != nil {
		return err
	}
	out.Printf("%s, %s", result.Author, result.Version)
	_, err = c.Call(ctx, "plant", "rename", []byte("no map"))
	out.Printf("bad params: %t", errors.Is(err, &rpc.Error{Code: codec.RPCInvalidParams}))
	return c.Close()
}
