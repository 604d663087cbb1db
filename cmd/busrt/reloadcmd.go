package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/tinylib/msgp/msgp"
)

const reloadHelp = `{{.Short}}.

It takes effect as a whole or not at all; what has changed is printed. Root, the
broker's own user, and clients with admin = true may ask for it.

Usage:
  busrt reload [OPTIONS] [PATH]

PATH is the broker's address [default: $XDG_RUNTIME_DIR/busrt.sock, as root
/run/busrt/busrt.sock].

Options:
      --apply-connected  Have clients that are connected judged anew: those whose
                         name is gone are disconnected
  -n, --name NAME        Name on the bus [default: cli.HOSTNAME.PID]
      --timeout SECONDS  For connecting, and for the answer [default: {{(.Flags.Lookup "timeout").DefValue}}]
  -h, --help             Print help
`

// newReload makes the command that has a broker reload its configuration.
func newReload() *cobra.Command {
	o := newClientOptions()
	apply := false
	cmd := &cobra.Command{
		Use:   "reload [PATH]",
		Short: "Have a broker read its configuration again",
		Args:  positional(1),

		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.path = defaultSocket()
			if len(args) > 0 {
				o.path = args[0]
			}
			if o.path == "" {
				return usageErrorf(cmd, "missing: PATH")
			}
			o.silent = true
			return o.connected(func(ctx context.Context, c *connection, _ []string) error { return askReload(ctx, c, apply) })(cmd, nil)
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&apply, "apply-connected", false, "")
	fs.StringVarP(&o.name, "name", "n", o.name, "")
	fs.Var(seconds{&o.timeout}, "timeout", "")
	eachOnce(fs)
	cmd.SetHelpTemplate(reloadHelp)
	return cmd
}

func askReload(ctx context.Context, c *connection, apply bool) error {
	params := msgp.AppendMapHeader(nil, 1)
	params = msgp.AppendString(params, applyKey)
	params = msgp.AppendBool(params, apply)
	result, err := c.call(ctx, brokerName, reloadMethod, params)
	if err != nil {
		return err
	}
	answer, _, err := msgp.ReadMapStrIntfBytes(result, nil)
	if err != nil {
		return fmt.Errorf("busrt: answer of the broker: %w", err)
	}
	changes, _ := answer[changesKey].([]any)
	if len(changes) == 0 {
		return c.println("nothing has changed")
	}
	for _, change := range changes {
		if err := c.println(fmt.Sprint(change)); err != nil {
			return err
		}
	}
	return nil
}
