package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// stdio are the streams of the program: results and help go to out, the log and
// errors to err.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// run does what the command line argv says and returns when that is done. ctx
// asks it to stop, as SIGTERM does. [exit] knows which exit code an error
// stands for.
func run(ctx context.Context, argv []string, std stdio) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = bugErrorf("%v\n%s", v, debug.Stack())
		}
	}()
	cmd, args, err := commandLine(argv)
	if err != nil {
		return err
	}
	cmd.SetIn(std.in)
	cmd.SetOut(std.out)
	cmd.SetErr(std.err)
	cmd.SetArgs(args)
	return cmd.ExecuteContext(ctx)
}

// commandLine turns argv into a command tree and the arguments it is to parse:
// the one place that looks at argv before cobra does.
func commandLine(argv []string) (cmd *cobra.Command, args []string, err error) {
	args = argv[1:]
	if filepath.Base(argv[0]) == daemonName {
		cmd = newServer(daemonName)
	} else {
		o := newClientOptions()
		cmd = newRoot(o)
		if completing(args) {
			args = withoutPath(cmd, args)
		} else {
			args, err = o.parse(cmd, args)
		}
	}
	cmd.SilenceErrors, cmd.SilenceUsage = true, true // exit prints, one line
	cmd.SetFlagErrorFunc(flagError)
	return cmd, args, err
}

// help is for commands that have no longer one.
const help = `{{.Short}}.

Usage:
  {{.UseLine}}

Options:
  -h, --help  Print help
`

const rootHelp = `{{.Short}}.

Usage:
  busrt COMMAND [ARGUMENTS]
  busrt [OPTIONS] PATH COMMAND [ARGUMENTS]

Commands:
{{range .Commands}}{{if and (eq .GroupID "") (not .Hidden)}}  {{rpad .Name 10}} {{.Short}}
{{end}}{{end}}
Commands for the broker at PATH, which is /PATH, ./PATH, *.sock, *.socket or
*.ipc for a unix socket, HOST:PORT for TCP, tls://HOST:PORT, or ws:// and wss://
for WebSocket:
{{range .Commands}}{{if ne .GroupID ""}}  {{rpad .Name 10}} {{.Short}}
{{end}}{{end}}
Options, before or behind PATH:
  -n, --name NAME          Name on the bus [default: cli.HOSTNAME.PID]
      --timeout SECONDS    For connecting, and for each answer [default: {{(.Flags.Lookup "timeout").DefValue}}]
      --buf-size BYTES     Buffer for what is sent [default: {{(.Flags.Lookup "buf-size").DefValue}}]
      --queue-size FRAMES  Frames kept until they are printed [default: {{(.Flags.Lookup "queue-size").DefValue}}]
      --token TOKEN        Bearer token for WebSocket; without an effect elsewhere
      --tls-ca FILE        Whom to trust, in PEM [default: the system's authorities]
      --tls-cert FILE      Certificate to show, in PEM
      --tls-key FILE       Its key
      --tls-insecure       Trust anybody: do not check the broker's certificate
  -v, --verbose            Log more
  -s, --silent             Log nothing, and print results without labels
  -h, --help               Print help
  -V, --version            Print the version

Results go to stdout, the log and errors to stderr. Colours are for terminals;
NO_COLOR, CLICOLOR and CLICOLOR_FORCE are respected.

Exit codes:
` + exitHelp

// newRoot makes the command that does nothing but find another; o gets what
// stands before those that need a broker.
func newRoot(o *clientOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "busrt",
		Short:   "A BUS/RT-compatible message broker",
		Version: version(),
		Args:    cobra.ArbitraryArgs, // cobra's own complaint has several lines

		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.path != "" {
				return o.noCommand(cmd, args)
			}
			return findNone(cmd, args)
		},
	}
	cmd.SetHelpTemplate(rootHelp)
	cmd.SetVersionTemplate("busrt {{.Version}}\n")
	o.register(cmd.Flags())
	cmd.Flags().BoolP("version", "V", false, "")
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.SetHelpCommand(newHelp())
	cmd.AddCommand(
		newServer("server"), newConfig(), newReload(), newDemoCommand(demoStageTime), newBenchCommand(), newVersion(), newGenerate(),
	)
	cmd.AddGroup(&cobra.Group{ID: groupClient})
	for _, c := range []*cobra.Command{
		newBroker(o), newListen(o), newSend(o), newPublish(o), newRPC(o), newBenchmarkCommand(o.broker),
	} {
		c.GroupID = groupClient
		c.PersistentPreRunE = o.needPath
		cmd.AddCommand(c)
	}
	cmd.InitDefaultHelpCmd() // now: it is one of those that need no PATH
	return cmd
}

// findNone is what a command does that should have found another.
func findNone(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usageErrorf(cmd, "a command is missing")
	}
	return usageErrorf(cmd, "unknown command %q", args[0])
}

const helpName = "help"

// newHelp makes the command of that name; cobra's own does not mind a name that
// it does not know.
func newHelp() *cobra.Command {
	cmd := &cobra.Command{
		Use:   helpName + " [COMMAND]",
		Short: "Print help about a command",

		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Parent().Find(args)
			if err == nil && len(rest) > 0 {
				err = fmt.Errorf("unknown command %q", rest[0])
			}
			if err != nil {
				return usageErrorf(cmd.Parent(), "%w", err)
			}
			return about.Help()
		},
	}
	cmd.SetHelpTemplate(help)
	return cmd
}
