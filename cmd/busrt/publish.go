package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/busrt-go/busrt/codec"
)

const publishHelp = `{{.Short}}.

Usage:
` + usageBehindPath + payloadHelp

func newPublish(o *clientOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "publish TOPIC [PAYLOAD]",
		Short: "Publish to the subscribers of a topic",
		Args:  positional(1, "TOPIC"),

		DisableFlagsInUseLine: true,
		RunE: o.connected(func(ctx context.Context, c *connection, args []string) error {
			payload, err := c.payload(ctx, args, 1)
			if err != nil {
				return err
			}
			err = c.within(ctx, func(ctx context.Context) error {
				return c.bus.Publish(ctx, args[0], payload, codec.QoSProcessed)
			})
			if err != nil {
				return err
			}
			return c.ok()
		}),
	}
	cmd.SetHelpTemplate(publishHelp)
	return cmd
}
