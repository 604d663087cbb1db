package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// cobra knows commands and their flags; the reference's command line has a PATH
// in front of its commands, with options on both sides of it:
//
//	busrt [OPTIONS] [PATH [OPTIONS]] COMMAND [ARGUMENTS]
//
// What stands before COMMAND is taken off here. The name of a command is that
// command also where PATH should be; a socket of that name can be written
// ./NAME.

// groupClient are the commands that need a PATH.
const groupClient = "client"

// parse takes the options and PATH off args and gives the rest, never nil, for
// root to execute.
func (o *clientOptions) parse(root *cobra.Command, args []string) ([]string, error) {
	rest, err := options(root, args)
	if err != nil || len(rest) == 0 {
		return rest, err
	}
	if cmd := named(root, rest[0]); cmd != nil {
		if given := changed(root); given != "" && cmd.GroupID != groupClient {
			return nil, usageErrorf(root, "--%s: %s takes no PATH, and none of its options", given, rest[0])
		}
		return rest, nil
	}
	o.path = rest[0]
	if rest, err = options(root, rest[1:]); err != nil || len(rest) == 0 {
		return rest, err
	}
	if cmd := named(root, rest[0]); cmd != nil && cmd.GroupID != groupClient && cmd.Name() != helpName {
		return nil, usageErrorf(root, "%s takes no PATH", rest[0])
	}
	return rest, nil
}

// options sets the options that args begin with and gives what is behind them:
// nothing if they ask for help or the version, which root then prints.
func options(root *cobra.Command, args []string) ([]string, error) {
	root.InitDefaultHelpFlag()
	fs := root.Flags()
	fs.SetInterspersed(false)
	if err := fs.Parse(args); err != nil {
		return nil, flagError(root, err)
	}
	if fs.Changed("help") || fs.Changed("version") {
		return []string{}, nil
	}
	if fs.ArgsLenAtDash() >= 0 {
		return nil, usageErrorf(root, "-- before a command")
	}
	return fs.Args(), nil
}

// changed is the name of an option that was given.
func changed(root *cobra.Command) (name string) {
	root.Flags().Visit(func(f *pflag.Flag) { name = f.Name })
	return name
}

// named is root's command of that name, or nil.
func named(root *cobra.Command, name string) *cobra.Command {
	i := slices.IndexFunc(root.Commands(), func(cmd *cobra.Command) bool { return cmd.Name() == name })
	if i < 0 {
		return nil
	}
	return root.Commands()[i]
}

// needPath is run before every command of groupClient, and refuses to without a
// PATH.
func (o *clientOptions) needPath(cmd *cobra.Command, _ []string) error {
	if o.path != "" || cmd.Name() == helpName {
		return nil
	}
	return usageErrorf(cmd, "PATH is missing before %s", strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" "))
}

// noCommand says what is wrong with a command line that has a PATH, or what
// passed for one, but no command.
func (o *clientOptions) noCommand(root *cobra.Command, args []string) error {
	switch {
	case !strings.ContainsAny(o.path, "/.:"): // it is no address either
		return usageErrorf(root, "unknown command %q", o.path)
	case len(args) == 0:
		return usageErrorf(root, "a command is missing behind %q", o.path)
	}
	return findNone(root, args)
}

// positional is for commands with required arguments, of those names, and up to
// that many more; any number if it is negative.
func positional(more int, required ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		most := len(required) + more
		switch {
		case len(args) < len(required):
			return usageErrorf(cmd, "missing: %s", strings.Join(required[len(args):], " "))
		case more >= 0 && len(args) > most:
			return usageErrorf(cmd, "unexpected argument %q", args[most])
		}
		return nil
	}
}

// completing tells whether a shell asks what could stand at the end of a command
// line: cobra answers that, but knows no PATH.
func completing(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// withoutPath takes the options and PATH off a command line that a shell asks
// about; its last word is unfinished.
func withoutPath(root *cobra.Command, args []string) []string {
	for i, word := range args[1 : len(args)-1] {
		if named(root, word) != nil {
			return append(args[:1:1], args[1+i:]...)
		}
	}
	return append(args[:1:1], args[len(args)-1])
}
