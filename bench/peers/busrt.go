package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

// busrtKit is this project's client.
type busrtKit struct{ address string }

const (
	topic  = "peers/topic"
	method = "echo"
)

// buffer is what nats.go collects by default, in bytes.
const buffer = 32 << 10

func (k busrtKit) dial(ctx context.Context, format string, a ...any) (*client.Client, error) {
	return client.Dial(ctx, k.address, client.Options{Name: fmt.Sprintf(format, a...), BufferSize: buffer})
}

func (k busrtKit) sender(ctx context.Context, r route) (sender, error) {
	c, err := k.dial(ctx, "sender")
	if err != nil {
		return nil, err
	}
	return &busrtSender{c, r.many}, nil
}

type busrtSender struct {
	*client.Client
	many bool
}

func (s *busrtSender) send(ctx context.Context, payload []byte) error {
	if s.many {
		return s.Publish(ctx, topic, payload, codec.QoSNo)
	}
	return s.Send(ctx, "receiver.0", payload, codec.QoSNo)
}

func (s *busrtSender) flush(context.Context) error { return nil } // happens by itself

func (k busrtKit) receiver(ctx context.Context, r route, i int, t *tally, fail func(error)) (io.Closer, error) {
	c, err := k.dial(ctx, "receiver.%d", i)
	if err != nil {
		return nil, err
	}
	if r.many {
		if err := c.Subscribe(ctx, topic); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	go func() {
		for {
			frames, err := c.RecvBatch(ctx)
			if err != nil {
				fail(err)
				return
			}
			t.add(len(frames))
		}
	}()
	return c, nil
}

func (k busrtKit) conn(ctx context.Context, handler rpc.Handler, format string, i int) (*rpc.Conn, error) {
	c, err := k.dial(ctx, format, i)
	if err != nil {
		return nil, err
	}
	return rpc.New(c, handler, rpc.Options{Realtime: true})
}

func (k busrtKit) caller(ctx context.Context, i int) (caller, error) {
	c, err := k.conn(ctx, nil, "caller.%d", i)
	if err != nil {
		return nil, err
	}
	return &busrtCaller{c, fmt.Sprintf("callee.%d", i)}, nil
}

type busrtCaller struct {
	*rpc.Conn
	callee string
}

func (c *busrtCaller) call(ctx context.Context, payload []byte) ([]byte, error) {
	return c.Call(ctx, c.callee, method, payload)
}

func (k busrtKit) callee(ctx context.Context, i int) (io.Closer, error) {
	m := new(rpc.Mux)
	m.Handle(method, func(_ context.Context, r *rpc.Request) ([]byte, error) { return r.Params, nil })
	return k.conn(ctx, m, "callee.%d", i)
}
