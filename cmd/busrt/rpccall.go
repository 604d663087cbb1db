package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

const callHelp = `{{.Short}}.

Usage:
` + usageBehindPath + `
PARAMS are KEY=VALUE and make one MessagePack map; a VALUE is true, false, a
number if it looks like one, or else a string. A single - stands for all of
stdin, as it is. Without PARAMS the call has none.

Options:
  -h, --help  Print help
{{if eq .Name "call"}}
Exit code 1 stands for an error that was replied, and for a target that is not
there. With -s a result is printed without a label, and an error not at all.
{{end}}`

func newRPCCall(o *clientOptions) *cobra.Command {
	return rpcCall(o, "call", "Call a method and print its result", func(ctx context.Context, c *connection, target, method string, params []byte) error {
		result, err := c.call(ctx, target, method, params)
		if refusal, ok := errors.AsType[*rpc.Error](err); ok {
			c.log.Error(fmt.Sprintf("RPC Error %d: %s", refusal.Code, refusal.Data))
			return &codedError{exitFailed, &toldError{err}} // whatever the refusal is
		}
		if err != nil {
			return err
		}
		return c.result(result)
	})
}

func newRPCCall0(o *clientOptions) *cobra.Command {
	return rpcCall(o, "call0", "Call a method that is not to reply", func(ctx context.Context, c *connection, target, method string, params []byte) error {
		conn, err := c.rpc(nil, rpc.Options{})
		if err != nil {
			return err
		}
		if err := c.within(ctx, func(ctx context.Context) error { return conn.Call0(ctx, target, method, params) }); err != nil {
			return err
		}
		return c.ok()
	})
}

func rpcCall(o *clientOptions, name, short string, call func(ctx context.Context, c *connection, target, method string, params []byte) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:   name + " TARGET METHOD [PARAMS...]",
		Short: short,
		Args:  positional(-1, "TARGET", "METHOD"),

		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			target, method, words := args[0], args[1], args[2:]
			params, err := parseParams(words)
			if err != nil {
				return usageErrorf(cmd, "%w", err)
			}
			return o.connected(func(ctx context.Context, c *connection, _ []string) error {
				if slices.Equal(words, paramsFromStdin) {
					if params, err = c.stdin(ctx); err != nil {
						return err
					}
				}
				return call(ctx, c, target, method, params)
			})(cmd, args)
		},
	}
	cmd.SetHelpTemplate(callHelp)
	return cmd
}

var paramsFromStdin = []string{"-"}

// parseParams makes the payload of a call of the words behind METHOD
// (docs/cli.md, section 2); none if there are none, or if it comes from stdin.
func parseParams(words []string) ([]byte, error) {
	if len(words) == 0 || slices.Equal(words, paramsFromStdin) {
		return nil, nil
	}
	return codec.AppendParams(nil, words)
}
