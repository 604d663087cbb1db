// Caller calls the method greet of the example handler and prints the result.
//
//	go run ./examples/caller /tmp/busrt.sock world
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

func main() {
	log.SetFlags(0)
	if err := run(os.Args[1:], log.New(os.Stdout, "", 0)); err != nil {
		log.Fatal(err)
	}
}

func run(args []string, out *log.Logger) error {
	if len(args) != 2 {
		return errors.New("usage: caller ADDRESS NAME")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	bus, err := client.Dial(ctx, args[0], client.Options{Name: "example.caller"})
	if err != nil {
		return err
	}
	c, err := rpc.New(bus, nil, rpc.Options{})
	if err != nil {
		return errors.Join(err, bus.Close())
	}
	defer func() { _ = c.Close() }()
	result, err := c.Call(ctx, "example.handler", "greet", msgp.AppendString(nil, args[1]))
	if errors.Is(err, codec.NotRegistered) {
		return errors.New("the handler does not run")
	}
	if err != nil {
		return err
	}
	text, _, err := msgp.ReadStringBytes(result)
	if err == nil {
		out.Print(text)
	}
	return err
}
