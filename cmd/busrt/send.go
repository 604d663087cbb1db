package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/busrt-go/busrt/codec"
)

const sendHelp = `{{.Short}}.

Usage:
` + usageBehindPath + `
A TARGET with * or ? is a mask: the payload goes to all clients whose names
match it, ? standing for one part of a name between dots, * for the rest.
` + payloadHelp

// payloadHelp is the end of the help of commands that take a payload.
const payloadHelp = `
Without PAYLOAD all of stdin is sent, as it is. Behind -- a PAYLOAD may start
with a dash. Prints OK once the broker has taken it.

Options:
  -h, --help  Print help
`

func newSend(o *clientOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "send TARGET [PAYLOAD]",
		Short: "Send a message to a client, or to all that match a mask",
		Args:  positional(1, "TARGET"),

		DisableFlagsInUseLine: true,
		RunE: o.connected(func(ctx context.Context, c *connection, args []string) error {
			payload, err := c.payload(ctx, args, 1)
			if err != nil {
				return err
			}
			send := c.bus.Send
			if strings.ContainsAny(args[0], "*?") {
				send = c.bus.Broadcast
			}
			err = c.within(ctx, func(ctx context.Context) error {
				return send(ctx, args[0], payload, codec.QoSProcessed)
			})
			if err != nil {
				return err
			}
			return c.ok()
		}),
	}
	cmd.SetHelpTemplate(sendHelp)
	return cmd
}
