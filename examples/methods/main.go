// Methods has the broker's own client, .broker, answer a method of the program, and
// announce something as only it can.
//
//	go run ./examples/methods
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
	broker.InitCoreRPC()
	err = broker.Handle("plant.stop", func(_ context.Context, caller string, _ []byte) ([]byte, error) {
		return []byte("stopped for " + caller), broker.Announce(".broker/plant", "stopped", caller)
	})
	if err != nil {
		return err
	}
	bus, err := broker.Register(ctx, "panel", engine.ClientOptions{})
	if err != nil {
		return err
	}
	if err := bus.Subscribe(ctx, ".broker/plant"); err != nil {
		return err
	}
	answer, err := stop(ctx, bus)
	if err != nil {
		return err
	}
	out.Print(answer)
	if err := bus.Publish(ctx, ".broker/plant", nil, codec.QoSProcessed); err != nil {
		out.Printf("to announce oneself: %v", err)
	}
	return bus.Close()
}

// stop calls the method, and sees what is announced.
func stop(ctx context.Context, bus *engine.Client) (string, error) {
	announced := make(chan string, 1)
	c, err := rpc.New(bus, &rpc.Mux{OnFrame: func(_ context.Context, f *engine.Frame) { announced <- f.Topic }}, rpc.Options{})
	if err != nil {
		return "", err
	}
	result, err := c.Call(ctx, ".broker", "plant.stop", nil)
	if err != nil {
		return "", errors.Join(err, c.Close())
	}
	return string(result) + ", announced on " + <-announced, nil
}
