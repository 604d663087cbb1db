// Interthread is a program whose parts talk through a broker of its own: three
// workers without sockets get tasks by a broadcast to worker.*, and a program
// outside may join them under the name worker.N, by the socket.
//
//	go run ./examples/interthread /tmp/interthread.sock
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
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
		return errors.New("usage: interthread PATH")
	}
	broker, err := engine.New(engine.Options{})
	if err != nil {
		return err
	}
	broker.InitCoreRPC()
	group, err := listeners.New(broker, listeners.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = group.Shutdown(context.Background()) }() // ends the workers too
	if _, err := group.Listen(ctx, args[0], listeners.ListenOptions{}); err != nil {
		return err
	}
	for _, name := range []string{"worker.1", "worker.2", "worker.3"} {
		c, err := broker.Register(ctx, name, engine.ClientOptions{})
		if err != nil {
			return err
		}
		go work(c)
	}
	boss, err := broker.Register(ctx, "boss", engine.ClientOptions{})
	if err != nil {
		return err
	}
	out.Print("ready")
	for tick := time.NewTicker(200 * time.Millisecond); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := boss.Broadcast(ctx, "worker.*", []byte("dig"), codec.QoSProcessed); err != nil {
				return err
			}
			out.Printf("dug by %s", strings.Join(answers(ctx, boss), ", "))
		}
	}
}
