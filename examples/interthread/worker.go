package main

import (
	"context"
	"slices"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// work answers each task, in any client that has these methods.
func work(c *engine.Client) {
	for f, err := range c.Frames(context.Background()) {
		if err != nil {
			return // the broker has shut down
		}
		if f.Kind == codec.KindBroadcast {
			_ = c.Send(context.Background(), f.Sender, []byte("done"), codec.QoSNo)
		}
	}
}

// answers are the names of those who answer within a while.
func answers(ctx context.Context, boss *engine.Client) (names []string) {
	ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	for f, err := range boss.Frames(ctx) {
		if err != nil {
			break
		}
		names = append(names, f.Sender)
	}
	slices.Sort(names)
	return names
}
