// Reconnect is a client that comes back by itself when the broker was away, with its
// subscriptions.
//
//	go run ./examples/reconnect /tmp/reconnect.sock
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
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
		return errors.New("usage: reconnect PATH")
	}
	stop, err := serve(ctx, args[0])
	if err != nil {
		return err
	}
	states := make(chan client.State, 100)
	c, err := client.Dial(ctx, args[0], client.Options{
		Name: "steady",
		Reconnect: &client.Reconnect{
			Initial: 10 * time.Millisecond, Max: 100 * time.Millisecond,
			OnState: func(s client.State, _ error) {
				if s != client.AttemptFailed {
					states <- s
				}
			},
		},
	})
	if err != nil {
		return errors.Join(err, stop())
	}
	defer func() { _ = c.Close() }()
	if err := c.Subscribe(ctx, "news"); err != nil {
		return err
	}
	out.Print(<-states)
	if err := stop(); err != nil { // the broker goes …
		return err
	}
	out.Print(<-states)
	if stop, err = serve(ctx, args[0]); err != nil { // … and another one comes
		return err
	}
	defer func() { _ = stop() }()
	out.Print(<-states)
	if err := c.Publish(ctx, "news", []byte("heard again"), codec.QoSProcessed); err != nil {
		return err
	}
	for f, err := range c.Frames(ctx) {
		if err != nil {
			return err
		}
		if f.Topic == "news" { // not the notice of the broker that went
			out.Printf("%s", f.Payload)
			return nil
		}
	}
	return nil
}
