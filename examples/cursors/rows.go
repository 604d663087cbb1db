package main

import (
	"context"
	"iter"

	"github.com/tinylib/msgp/msgp"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/rpc"
)

// squares are the rows.
func squares(n int) iter.Seq2[number, error] {
	return func(yield func(number, error) bool) {
		for i := range n {
			if !yield(number(i*i), nil) {
				return
			}
		}
	}
}

// number is a row that knows its MessagePack.
type number int

// MarshalMsg implements [msgp.Marshaler].
func (n number) MarshalMsg(b []byte) ([]byte, error) { return msgp.AppendInt(b, int(n)), nil }

func join(ctx context.Context, b *engine.Broker, name string, h *rpc.Mux) (*rpc.Conn, error) {
	bus, err := b.Register(ctx, name, engine.ClientOptions{})
	if err != nil {
		return nil, err
	}
	if h == nil {
		h = new(rpc.Mux)
	}
	return rpc.New(bus, h, rpc.Options{})
}
