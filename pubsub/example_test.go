package pubsub_test

import (
	"context"
	"fmt"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/pubsub"
)

// A Mux serves a channel and a function. Frames come from a client, as in
//
//	for f, err := range c.Frames(ctx) { … topics.Dispatch(ctx, &f) … }
//
// or from RPC, as in rpc.Mux{OnFrame: topics.Dispatch}.
func ExampleMux() {
	var topics pubsub.Mux
	sensors := make(chan pubsub.Publication, 16)
	topics.Prefix(pubsub.To(sensors), "sensors/")
	topics.Topic(func(_ context.Context, p *pubsub.Publication) {
		fmt.Printf("%s says %s\n", p.Sender, p.Payload)
	}, "news")

	for _, f := range []codec.Received{
		{Kind: codec.KindPublish, Sender: "alice", Topic: "news", Payload: []byte("hello")},
		{Kind: codec.KindPublish, Sender: "bob", Topic: "sensors/attic/temperature", Payload: []byte("21")},
	} {
		topics.Dispatch(context.Background(), &f)
	}
	p := <-sensors
	fmt.Printf("%s: %s\n", p.Subtopic, p.Payload)
	// Output:
	// alice says hello
	// attic/temperature: 21
}
