// Handler answers calls of the method greet, until it is interrupted or the
// broker goes. Params and result are MessagePack strings.
//
//	go run ./examples/handler /tmp/busrt.sock
package main

import (
	"context"
	"errors"
	"io"
	"log"
	"os"
	"os/signal"

	"github.com/tinylib/msgp/msgp"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], log.New(os.Stdout, "", 0))
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string, out *log.Logger) error {
	if len(args) != 1 {
		return errors.New("usage: handler ADDRESS")
	}
	bus, err := client.Dial(ctx, args[0], client.Options{Name: "example.handler"})
	if err != nil {
		return err
	}
	var mux rpc.Mux
	mux.Handle("greet", greet)
	c, err := rpc.New(bus, &mux, rpc.Options{})
	if err != nil {
		return errors.Join(err, bus.Close())
	}
	defer func() { _ = c.Close() }()
	out.Print("ready")
	select {
	case <-ctx.Done():
		return nil
	case <-c.Done():
		if errors.Is(c.Err(), io.EOF) {
			return nil // the broker closed the connection
		}
		return c.Err()
	}
}

func greet(_ context.Context, r *rpc.Request) ([]byte, error) {
	name, _, err := msgp.ReadStringBytes(r.Params)
	if err != nil {
		return nil, &rpc.Error{Code: codec.RPCInvalidParams, Data: err.Error()}
	}
	return msgp.AppendString(nil, "hello, "+name), nil
}
