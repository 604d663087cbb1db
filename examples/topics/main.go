// Topics has publishes handled by topic: exact ones first, then the longest prefix.
//
//	go run ./examples/topics
package main

import (
	"context"
	"log"
	"os"
	"os/signal"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/pubsub"
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
	c, err := broker.Register(ctx, "house", engine.ClientOptions{})
	if err != nil {
		return err
	}
	var mux pubsub.Mux
	mux.Topic(func(_ context.Context, p *pubsub.Publication) { out.Printf("the door: %s", p.Payload) }, "house/door")
	mux.Prefix(func(_ context.Context, p *pubsub.Publication) {
		out.Printf("lamp %s: %s", p.Subtopic, p.Payload)
	}, "house/lamps/")
	mux.Rest = func(_ context.Context, f *codec.Received) { out.Printf("not known: %s", f.Topic) }
	if err := c.Subscribe(ctx, "house/#"); err != nil {
		return err
	}
	topics := []string{"house/door", "house/lamps/kitchen", "house/garden"}
	for _, topic := range topics {
		if err := c.Publish(ctx, topic, []byte("on"), codec.QoSProcessed); err != nil {
			return err
		}
	}
	for range topics {
		f, err := c.Recv(ctx)
		if err != nil {
			return err
		}
		mux.Dispatch(ctx, &f)
	}
	return nil
}
