package main

import (
	"context"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// serve runs a broker until stop is called.
func serve(ctx context.Context, path string) (stop func() error, err error) {
	broker, err := engine.New(engine.Options{})
	if err != nil {
		return nil, err
	}
	broker.InitCoreRPC()
	group, err := listeners.New(broker, listeners.Options{})
	if err != nil {
		return nil, err
	}
	_, err = group.Listen(ctx, path, listeners.ListenOptions{})
	return func() error { return group.Shutdown(context.Background()) }, err
}
