// Listener subscribes to topics and prints what is published there, until it is
// interrupted or the broker goes.
//
//	go run ./examples/listener /tmp/busrt.sock 'greetings/#'
package main

import (
	"context"
	"errors"
	"io"
	"log"
	"os"
	"os/signal"

	"github.com/busrt-go/busrt/client"
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
	if len(args) < 2 {
		return errors.New("usage: listener ADDRESS TOPIC…")
	}
	c, err := client.Dial(ctx, args[0], client.Options{Name: "example.listener"})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := c.Subscribe(ctx, args[1:]...); err != nil {
		return err
	}
	out.Print("listening")
	for f, err := range c.Frames(ctx) {
		if errors.Is(err, io.EOF) || errors.Is(err, context.Canceled) {
			return nil // the broker closed the connection, or we were interrupted
		}
		if err != nil {
			return err
		}
		if f.Topic == ".broker/warn" { // nobody has to subscribe to it
			out.Print("the broker goes")
			continue
		}
		out.Printf("%s from %s: %s", f.Topic, f.Sender, f.Payload)
	}
	return nil
}
