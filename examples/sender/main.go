// Sender publishes a line to a topic and waits until the broker has it.
//
//	go run ./examples/sender /tmp/busrt.sock greetings/world "hello, bus"
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

func main() {
	log.SetFlags(0)
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return errors.New("usage: sender ADDRESS TOPIC TEXT")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := client.Dial(ctx, args[0], client.Options{Name: "example.sender"})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return c.Publish(ctx, args[1], []byte(args[2]), codec.QoSProcessed)
}
