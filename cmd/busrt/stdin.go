package main

import (
	"context"
	"fmt"
	"io"

	"github.com/busrt-go/busrt/cmd/busrt/internal/config"
)

// payload is the argument behind those that come first, or else all of stdin.
func (c *connection) payload(ctx context.Context, args []string, first int) ([]byte, error) {
	if len(args) > first {
		return []byte(args[first]), nil
	}
	return c.stdin(ctx)
}

// stdin reads all of stdin, for as long as ctx lasts.
func (c *connection) stdin(ctx context.Context) ([]byte, error) {
	if isTerminal(c.in) {
		if err := c.println("Reading stdin, Ctrl-D to finish..."); err != nil {
			return nil, err
		}
	}
	var payload []byte
	var err error
	end := make(chan struct{})
	go func() { // stays behind if ctx ends: the program does then, too
		defer close(end)
		payload, err = io.ReadAll(c.in)
	}()
	select {
	case <-end:
		if err != nil {
			return nil, fmt.Errorf("busrt: reading stdin: %w", config.Reason(err))
		}
		return payload, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
