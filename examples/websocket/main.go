// Websocket is a broker on WebSocket that asks for bearer tokens, each bound to a
// name, and clients that have one.
//
//	go run ./examples/websocket
package main

import (
	"context"
	"errors"
	"log"
	"net"
	"os"
	"os/signal"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
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
	broker.InitCoreRPC()
	group, err := listeners.New(broker, listeners.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = group.Shutdown(context.Background()) }()
	tokens := listeners.Tokens{"b4nana": {"panel"}} // good for that name only; read them from a file
	at, err := group.Listen(ctx, "ws://127.0.0.1:0", listeners.ListenOptions{VerifyToken: tokens.Verify})
	if err != nil {
		return err
	}
	for _, who := range []struct{ name, token string }{{"panel", "b4nana"}, {"panel", "a guess"}, {"boss", "b4nana"}} {
		if err := greet(ctx, at, who.name, who.token); errors.Is(err, codec.AccessDenied) {
			out.Printf("%s with %q: access denied", who.name, who.token)
		} else if err != nil {
			return err
		} else {
			out.Printf("%s with %q: welcome", who.name, who.token)
		}
	}
	return nil
}

// greet connects and says hello to itself.
func greet(ctx context.Context, at net.Addr, name, token string) error {
	c, err := client.Dial(ctx, "ws://"+at.String(), client.Options{Name: name, Token: token})
	if err != nil {
		return err
	}
	return errors.Join(c.Send(ctx, name, []byte("hello"), codec.QoSProcessed), c.Close())
}
