package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/busrt-go/busrt/rpc"
)

const notifyHelp = `{{.Short}}.

Usage:
` + usageBehindPath + payloadHelp

func newRPCNotify(o *clientOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "notify TARGET [PAYLOAD]",
		Short: "Send a notification to a client",
		Args:  positional(1, "TARGET"),

		DisableFlagsInUseLine: true,
		RunE: o.connected(func(ctx context.Context, c *connection, args []string) error {
			conn, err := c.rpc(nil, rpc.Options{})
			if err != nil {
				return err
			}
			payload, err := c.payload(ctx, args, 1)
			if err != nil {
				return err
			}
			err = c.within(ctx, func(ctx context.Context) error { return conn.Notify(ctx, args[0], payload) })
			if err != nil {
				return err
			}
			return c.ok()
		}),
	}
	cmd.SetHelpTemplate(notifyHelp)
	return cmd
}
