package bench

import (
	"context"

	"github.com/busrt-go/busrt/codec"
)

// Streamer is what a stage needs of a connection on which frames stream without
// acks. One goroutine may send while another receives; nothing else is concurrent.
type Streamer interface {
	// Send sends a message to a name, or a publish to a topic: op says which. It may
	// leave a frame that wants no ack in a buffer.
	Send(ctx context.Context, op codec.Op, target string, payload []byte, q codec.QoS) error

	// Flush writes what is buffered, or sees to it that it will be written soon.
	Flush(ctx context.Context) error

	// RecvBatch waits for frames, at least one. They are views that die with the
	// next call.
	RecvBatch(ctx context.Context) ([]codec.Received, error)

	// Subscribe waits for the ack; it is for the time before anybody receives.
	Subscribe(ctx context.Context, topics ...string) error

	Close() error
}

// StreamDialer connects a new client under a name, like [Dialer].
type StreamDialer func(ctx context.Context, name string) (Streamer, error)

// clientStream is a client as a streamer: it writes its buffer by itself.
type clientStream struct{ Client }

func (c clientStream) Send(ctx context.Context, op codec.Op, target string, payload []byte, q codec.QoS) error {
	if op == codec.OpPublish {
		return c.Client.Publish(ctx, target, payload, q)
	}
	return c.Client.Send(ctx, target, payload, q)
}

func (clientStream) Flush(context.Context) error { return nil }

// streamer is the dialer of s: that of clients, unless the stage needs no more
// than a streamer and there is a lighter one.
func (o *Options) streamer(s Stage) StreamDialer {
	if o.lean(s) {
		return o.Stream
	}
	return func(ctx context.Context, name string) (Streamer, error) {
		c, err := o.Dial(ctx, name)
		if err != nil {
			return nil, err
		}
		return clientStream{c}, nil
	}
}

// lean tells whether s runs on connections of [Options.Stream]. An open loop sends
// each frame when its moment has come, and buffers are in its way.
func (o *Options) lean(s Stage) bool { return s.lean && o.Stream != nil && o.Rate == 0 }
