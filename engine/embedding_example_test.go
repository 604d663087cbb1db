package engine_test

import (
	"context"
	"fmt"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// A program that holds the broker, with two clients of its own. None of what they
// say to each other touches a socket; package listeners lets others in.
func Example() {
	ctx := context.Background()
	broker, err := engine.New(engine.Options{})
	if err != nil {
		panic(err)
	}
	broker.InitCoreRPC() // the client .broker
	sensor, err := broker.Register(ctx, "sensor", engine.ClientOptions{})
	if err != nil {
		panic(err)
	}
	display, err := broker.Register(ctx, "display", engine.ClientOptions{})
	if err != nil {
		panic(err)
	}
	if err := display.Subscribe(ctx, "temperature/#"); err != nil {
		panic(err)
	}

	payload := []byte("21.5")
	if err := sensor.Publish(ctx, "temperature/hall", payload, codec.QoSProcessed); err != nil {
		panic(err)
	}
	copy(payload, "....") // the sender's again
	f, err := display.Recv(ctx)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s, %s: %s\n", f.Sender, f.Topic, f.Payload)
	fmt.Println(sensor.Send(ctx, "nobody", nil, codec.QoSProcessed))

	if err := broker.Shutdown(ctx); err != nil {
		panic(err)
	}
	<-display.Done()
	fmt.Println(display.Err())
	// Output:
	// sensor, temperature/hall: 21.5
	// busrt: not registered
	// busrt: disconnected: busrt: shutdown
}
