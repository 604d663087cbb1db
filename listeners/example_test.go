package listeners_test

import (
	"context"
	"fmt"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// A broker in a program, with a client inside and one that comes by TCP. An address
// is bound when Listen returns; port 0 is one that is free.
func Example() {
	ctx := context.Background()
	broker, err := engine.New(engine.Options{})
	if err != nil {
		panic(err)
	}
	broker.InitCoreRPC()
	group, err := listeners.New(broker, listeners.Options{})
	if err != nil {
		panic(err)
	}
	at, err := group.Listen(ctx, "127.0.0.1:0", listeners.ListenOptions{})
	if err != nil {
		panic(err)
	}
	inside, err := broker.Register(ctx, "inside", engine.ClientOptions{})
	if err != nil {
		panic(err)
	}
	outside, err := client.Dial(ctx, at.String(), client.Options{Name: "outside"})
	if err != nil {
		panic(err)
	}

	if err := outside.Send(ctx, "inside", []byte("hello"), codec.QoSProcessed); err != nil {
		panic(err)
	}
	f, err := inside.Recv(ctx)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s says %s\n", f.Sender, f.Payload)

	if err := group.Shutdown(ctx); err != nil { // of the broker, too
		panic(err)
	}
	<-outside.Done()
	_ = outside.Close()
	// Output: outside says hello
}
