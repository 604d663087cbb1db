package main

import (
	"context"
	"io"
)

// kit is what a client library can do at one broker. All that it makes is
// connected, and known to the broker, when it is returned. Each has a connection
// of its own.
type kit interface {
	sender(ctx context.Context, r route) (sender, error)
	// receiver has a receiver, number i, count in t. Trouble is told to fail.
	receiver(ctx context.Context, r route, i int, t *tally, fail func(error)) (io.Closer, error)
	caller(ctx context.Context, i int) (caller, error)
	// callee, number i, returns to the caller of the same number what it sends.
	callee(ctx context.Context, i int) (io.Closer, error)
}

// route is the way of the frames of a stage.
type route struct {
	window int
	many   bool // more than one receiver: publish
}

// sender sends without acks as far as its broker has such a thing. What it
// collects is on its way soon by itself, or at the latest after flush.
type sender interface {
	io.Closer
	send(ctx context.Context, payload []byte) error
	flush(ctx context.Context) error
}

// caller waits for the answer, which lives until the next call.
type caller interface {
	io.Closer
	call(ctx context.Context, payload []byte) ([]byte, error)
}
