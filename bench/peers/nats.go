package main

import (
	"context"
	"fmt"
	"io"

	"github.com/nats-io/nats.go"
)

// natsKit is nats.go, with its defaults.
type natsKit struct{ address string }

const subject = "peers.subject"

func (k natsKit) dial() (natsConn, error) {
	c, err := nats.Connect("nats://"+k.address, nats.NoReconnect())
	return natsConn{c}, err
}

type natsConn struct{ *nats.Conn }

func (c natsConn) Close() error {
	c.Conn.Close()
	return nil
}

func (k natsKit) sender(context.Context, route) (sender, error) { return k.dial() }

func (c natsConn) send(_ context.Context, payload []byte) error { return c.Publish(subject, payload) }

func (c natsConn) flush(context.Context) error { return nil } // happens by itself

// subscribe connects a subscriber, which the broker knows when this returns.
func (k natsKit) subscribe(ctx context.Context, subject string, f nats.MsgHandler) (io.Closer, error) {
	c, err := k.dial()
	if err != nil {
		return nil, err
	}
	if _, err := c.Subscribe(subject, f); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, c.FlushWithContext(ctx)
}

func (k natsKit) receiver(ctx context.Context, _ route, _ int, t *tally, _ func(error)) (io.Closer, error) {
	return k.subscribe(ctx, subject, func(*nats.Msg) { t.add(1) })
}

func (k natsKit) caller(_ context.Context, i int) (caller, error) {
	c, err := k.dial()
	return &natsCaller{c, callee(i)}, err
}

type natsCaller struct {
	natsConn
	callee string
}

func (c *natsCaller) call(ctx context.Context, payload []byte) ([]byte, error) {
	m, err := c.RequestWithContext(ctx, c.callee, payload)
	if err != nil {
		return nil, err
	}
	return m.Data, nil
}

func (k natsKit) callee(ctx context.Context, i int) (io.Closer, error) {
	return k.subscribe(ctx, callee(i), func(m *nats.Msg) { _ = m.Respond(m.Data) })
}

func callee(i int) string { return fmt.Sprintf("peers.callee.%d", i) }
