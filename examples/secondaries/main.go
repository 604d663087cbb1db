// Secondaries are further clients of a program under its name: they share its
// rights, and go when it goes.
//
//	go run ./examples/secondaries
package main

import (
	"context"
	"log"
	"os"
	"os/signal"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
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
	plant, err := broker.Register(ctx, "plant", engine.ClientOptions{})
	if err != nil {
		return err
	}
	for range 2 {
		s, err := plant.Secondary(ctx)
		if err != nil {
			return err
		}
		if err := s.Send(ctx, "plant", nil, codec.QoSProcessed); err != nil {
			return err
		}
		f, err := plant.Recv(ctx)
		if err != nil {
			return err
		}
		out.Printf("%s, which is %s", f.Sender, f.PrimarySender())
		defer func() { out.Printf("%s has ended: %v", s.Name(), s.Err()) }()
	}
	return plant.Close()
}
