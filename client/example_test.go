package client_test

import (
	"context"
	"fmt"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/brokertest"
)

// A client that survives its broker: what it has subscribed to is restored, and
// a loop that receives goes on.
func ExampleReconnect() {
	address, stop, restart := brokertest.ForExample()
	ctx := context.Background()
	states := make(chan client.State, 10)
	c, err := client.Dial(ctx, address, client.Options{
		Name: "example",
		Reconnect: &client.Reconnect{OnState: func(s client.State, _ error) {
			if s != client.AttemptFailed { // any number of them
				states <- s
			}
		}},
	})
	if err != nil {
		panic(err)
	}
	if err := c.Subscribe(ctx, "news"); err != nil {
		panic(err)
	}
	fmt.Println(<-states)
	stop()
	fmt.Println(<-states)
	restart()
	fmt.Println(<-states)
	if err := c.Publish(ctx, "news", []byte("here again"), codec.QoSProcessed); err != nil {
		panic(err)
	}
	for f, err := range c.Frames(ctx) { // first comes the notice of the broker that went
		if err != nil {
			panic(err)
		}
		if f.Topic == "news" {
			fmt.Printf("%s: %s\n", f.Topic, f.Payload)
			break
		}
	}
	_ = c.Close()
	fmt.Println(<-states)
	stop()
	// Output:
	// connected
	// disconnected
	// connected
	// news: here again
	// ended
}

// A second connection, say for what is large.
func ExampleClient_Secondary() {
	address, stop, _ := brokertest.ForExample()
	defer stop()
	ctx := context.Background()
	c, err := client.Dial(ctx, address, client.Options{Name: "example"})
	if err != nil {
		panic(err)
	}
	defer func() { _ = c.Close() }()
	second, err := c.Secondary(ctx)
	if err != nil {
		panic(err)
	}
	defer func() { _ = second.Close() }()
	if err := second.Send(ctx, "example", make([]byte, 1<<20), codec.QoSProcessed); err != nil {
		panic(err)
	}
	f, err := c.Recv(ctx)
	fmt.Println(f.Sender, f.PrimarySender(), len(f.Payload), err)
	// Output: example%%0 example 1048576 <nil>
}
