// Batch receives frames as they come, many at once: the fast way. What it is given
// are views, which die with the next batch.
//
//	go run ./examples/batch
package main

import (
	"context"
	"encoding/binary"
	"log"
	"os"
	"os/signal"
	"time"

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

const frames = 100_000

func run(ctx context.Context, out *log.Logger) error {
	broker, err := engine.New(engine.Options{StallTime: time.Minute}) // a sender waits for its receiver so long
	if err != nil {
		return err
	}
	defer func() { _ = broker.Shutdown(ctx) }()
	meter, err := broker.Register(ctx, "meter", engine.ClientOptions{})
	if err != nil {
		return err
	}
	display, err := broker.Register(ctx, "display", engine.ClientOptions{})
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() {
		payload := make([]byte, 8) // may be used again at once
		for n := range uint64(frames) {
			binary.LittleEndian.PutUint64(payload, n)
			if err := meter.Send(ctx, "display", payload, codec.QoSProcessed); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	sum := uint64(0)
	for n := 0; n < frames; {
		batch, err := display.RecvBatch(ctx)
		if err != nil {
			return err
		}
		for _, f := range batch {
			sum += binary.LittleEndian.Uint64(f.Payload)
		}
		n += len(batch)
	}
	out.Printf("%d frames, their sum is %d", frames, sum)
	return <-sent
}
