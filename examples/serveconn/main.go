// Serveconn has the broker serve a stream that is open already: here one end of a
// pipe in memory, whose other end is a client's.
//
//	go run ./examples/serveconn
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
	c, err := client.Dial(ctx, "/a/pipe", client.Options{
		Name: "piped",
		Dialer: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			return ours, group.ServeConn(theirs, listeners.ListenOptions{})
		},
	})
	if err != nil {
		return err
	}
	if err := c.Send(ctx, "piped", []byte("hello, pipe"), codec.QoSProcessed); err != nil {
		return errors.Join(err, c.Close())
	}
	f, err := c.Recv(ctx)
	if err != nil {
		return err
	}
	out.Printf("%s: %s", f.Sender, f.Payload)
	return c.Close()
}
