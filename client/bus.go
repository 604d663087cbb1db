package client

import (
	"context"
	"iter"

	"github.com/busrt-go/busrt/codec"
)

// Bus is what a program has of the bus, whatever the way to the broker. It is
// met by [Client], over sockets, and by the in-process client of package engine;
// the methods are described there.
type Bus interface {
	// Name is the full name under which the client is registered.
	Name() string

	Send(ctx context.Context, target string, payload []byte, q codec.QoS) error
	Broadcast(ctx context.Context, mask string, payload []byte, q codec.QoS) error
	Publish(ctx context.Context, topic string, payload []byte, q codec.QoS) error
	PublishFor(ctx context.Context, topic, receiver string, payload []byte, q codec.QoS) error

	SendAsync(ctx context.Context, target string, payload []byte, q codec.QoS) (Confirm, error)
	BroadcastAsync(ctx context.Context, mask string, payload []byte, q codec.QoS) (Confirm, error)
	PublishAsync(ctx context.Context, topic string, payload []byte, q codec.QoS) (Confirm, error)
	PublishForAsync(ctx context.Context, topic, receiver string, payload []byte, q codec.QoS) (Confirm, error)
	Post(ctx context.Context, target string, payload []byte, q codec.QoS) error

	Subscribe(ctx context.Context, topics ...string) error
	Unsubscribe(ctx context.Context, topics ...string) error
	Exclude(ctx context.Context, topics ...string) error
	Unexclude(ctx context.Context, topics ...string) error
	Ping(ctx context.Context) error

	Recv(ctx context.Context) (Frame, error)
	Frames(ctx context.Context) iter.Seq2[Frame, error]
	C() <-chan Frame
	RecvBatch(ctx context.Context) ([]Frame, error)
	Tap(f func(*Frame) bool)

	// Done is closed when the client has ended; then Err says why.
	Done() <-chan struct{}
	Err() error
	Close() error
}

var _ Bus = (*Client)(nil)
