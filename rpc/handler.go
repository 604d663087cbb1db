package rpc

import (
	"context"

	"github.com/busrt-go/busrt/codec"
)

// Handler is what an application does with what it receives. It runs on
// goroutines of the [Conn], never on the one that reads, so it may wait and may
// call. ctx ends with the connection. What it is given is its own to keep.
type Handler interface {
	// Call answers a call; an [Error] chooses the code, a [codec.Status] its
	// code, any other error is an internal one with its text. Several at once.
	Call(ctx context.Context, r *Request) (result []byte, err error)

	// Notification takes a notification.
	Notification(ctx context.Context, n *Notification)

	// Frame takes a broadcast or publish, which are not RPC [BUSRT-R6].
	Frame(ctx context.Context, f *codec.Received)
}

// Request is a call.
type Request struct {
	Sender   string // a full name
	Method   string
	Params   []byte // MessagePack by convention [BUSRT-R7]
	ID       uint32 // 0: the caller wants no reply
	Realtime bool
}

// Notification is a message that nobody answers.
type Notification struct {
	Sender   string // a full name
	Data     []byte
	Realtime bool
}

// CallFunc is a function that answers calls. As a Handler it answers those of
// every method and ignores the rest.
type CallFunc func(ctx context.Context, r *Request) (result []byte, err error)

// Call calls f.
func (f CallFunc) Call(ctx context.Context, r *Request) ([]byte, error) { return f(ctx, r) }

// Notification does nothing.
func (CallFunc) Notification(context.Context, *Notification) {}

// Frame does nothing.
func (CallFunc) Frame(context.Context, *codec.Received) {}
