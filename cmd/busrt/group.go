package main

import "github.com/spf13/cobra"

// groupHelp is for a group of commands, and for those in it that have no help of
// their own.
const groupHelp = `{{.Short}}.

Usage:
` + usageBehindPath + `{{if .HasSubCommands}}
Commands:
{{range .Commands}}  {{rpad .Name 12}} {{.Short}}
{{end}}{{end}}
Options:
  -h, --help  Print help
`

// group makes a command that does nothing but find another.
func group(name, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   name + " COMMAND",
		Short: short,
		Args:  cobra.ArbitraryArgs, // cobra's own complaint has several lines

		DisableFlagsInUseLine: true,
		RunE:                  findNone,
	}
	cmd.SetHelpTemplate(groupHelp)
	cmd.AddCommand(commands...)
	cmd.AddCommand(newHelp())
	return cmd
}
