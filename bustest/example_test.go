package bustest_test

import (
	"context"
	"fmt"

	"github.com/busrt-go/busrt/bustest"
	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// greeter is a program to be tested: it answers greetings until ctx ends.
func greeter(ctx context.Context, address string) error {
	bus, err := client.Dial(ctx, address, client.Options{Name: "greeter"})
	if err != nil {
		return err
	}
	defer bus.Close() //nolint:errcheck // nothing is to be sent
	if err := bus.Subscribe(ctx, "greetings/#"); err != nil {
		return err
	}
	for f, err := range bus.Frames(ctx) {
		if err != nil {
			return err
		}
		answer := "hello, " + f.Sender
		if err := bus.Send(ctx, f.Sender, []byte(answer), codec.QoSNo); err != nil {
			return err
		}
	}
	return nil
}

func Example() {
	t := &recorder{} // in a test: its *testing.T
	defer t.end()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	b := bustest.NewBroker(t)
	go greeter(ctx, b.Address()) //nolint:errcheck // what it says to others is looked at
	b.WaitSubscribed("greetings/world")

	alice := b.Client("alice")
	if err := alice.Publish(ctx, "greetings/world", nil, codec.QoSProcessed); err != nil {
		t.Fatal(err)
	}
	f, err := alice.Recv(ctx)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%s: %s\n", f.Sender, f.Payload)
	// Output: greeter: hello, alice
}
