package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/busrt-go/busrt/cmd/busrt/internal/config"
)

const configHelp = `{{.Short}}.

Usage:
  {{.UseLine}}

Commands:
{{range .Commands}}  {{rpad .Name 6}} {{.Short}}
{{end}}
Options:
  -h, --help  Print help
`

// newConfig makes the commands about the configuration of a server.
func newConfig() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config COMMAND",
		Short: "Show or write the configuration of a server",
		Args:  cobra.ArbitraryArgs, // cobra's own complaint has several lines

		DisableFlagsInUseLine: true,
		RunE:                  findNone,
	}
	cmd.SetHelpTemplate(configHelp)
	cmd.AddCommand(newConfigShow(), newConfigInit())
	return cmd
}

const configShowHelp = `{{.Short}}.

Prints what a server started now would run with, and where each value comes from:
the file, the environment, or a default. Secrets are hidden.

Usage:
  busrt config show [OPTIONS]

Options:
      --config FILE  Configuration, - for stdin [default: /etc/busrt/busrt.toml]
  -h, --help         Print help
`

func newConfigShow() *cobra.Command {
	o := newServerOptions()
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print the configuration in effect",
		Args:  noArgs,

		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := loadConfig(o.loader(cmd.Flags(), cmd.InOrStdin()), true)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), c.Show())
			return err
		},
	}
	cmd.Flags().StringVar(&o.config, "config", "", "")
	eachOnce(cmd.Flags())
	cmd.SetHelpTemplate(configShowHelp)
	return cmd
}

const configInitHelp = `{{.Short}}.

Each key is in it, with a word about it. Without FILE it goes to stdout. A file
that is there stays.

Usage:
  busrt config init [FILE]

Options:
  -h, --help  Print help
`

func newConfigInit() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a configuration with comments",
		Args:  positional(1),

		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			socket := defaultSocket()
			if socket == "" {
				socket = systemSocket
			}
			text := config.Sample(socket)
			if len(args) == 0 {
				_, err := fmt.Fprint(cmd.OutOrStdout(), text)
				return err
			}
			f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
			if err == nil {
				_, err = f.WriteString(text)
				if closing := f.Close(); err == nil {
					err = closing
				}
			}
			if err != nil {
				return fmt.Errorf("busrt: %s: %w", args[0], config.Reason(err))
			}
			return nil
		},
	}
	cmd.SetHelpTemplate(configInitHelp)
	return cmd
}
