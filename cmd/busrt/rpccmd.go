package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/busrt-go/busrt/rpc"
)

func newRPC(o *clientOptions) *cobra.Command {
	return group("rpc", "Call, notify, and be called",
		newRPCListen(o), newRPCNotify(o), newRPCCall0(o), newRPCCall(o))
}

// rpc begins to call, and to be called, over the connection.
func (c *connection) rpc(h rpc.Handler, o rpc.Options) (*rpc.Conn, error) {
	return rpc.New(c.bus, h, o)
}

// call calls a method and waits for the result, for no longer than the timeout.
func (c *connection) call(ctx context.Context, target, method string, params []byte) (result []byte, err error) {
	conn, err := c.rpc(nil, rpc.Options{})
	if err != nil {
		return nil, err
	}
	err = c.within(ctx, func(ctx context.Context) error {
		result, err = conn.Call(ctx, target, method, params)
		return err
	})
	return result, err
}

// result prints the result of a call.
func (c *connection) result(payload []byte) error {
	return c.print(string(appendPayload(nil, payload, c.silent)))
}
