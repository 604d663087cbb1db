package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/busrt-go/busrt/bench"
)

const benchHelp = `{{.Short}}.

Usage:
  busrt bench COMMAND [ARGUMENTS]

Commands:
{{range .Commands}}{{if .IsAvailableCommand}}  {{rpad .Name 8}} {{.Short}}
{{end}}{{end}}
Options:
  -h, --help  Print help

A STAGE is a name of 'busrt bench list', with parameters, of which each may have
several values, or a pattern of what that lists as the suite:
  rpc.call   pair/size=100,65536   publish/receivers=100/workers=2   'rpc.*'
`

// newBenchCommand makes the command that measures brokers.
func newBenchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench COMMAND",
		Short: "Measure brokers, and compare them",
		Args:  cobra.ArbitraryArgs, // cobra's own complaint has several lines

		DisableFlagsInUseLine: true,
		RunE:                  findNone,
	}
	cmd.SetHelpTemplate(benchHelp)
	cmd.AddCommand(newBenchList(), newBenchRun(), newBenchAgainst(), newBenchShow(), newBenchCompare(), newBenchPlot(), newHelp())
	return cmd
}

// load are the options of commands that measure.
type load struct {
	o      bench.Options
	rounds int
	output outputOptions
}

// loadHelp explains them; what comes behind is up to the command.
const loadHelp = `      --workers N           Connections that work at the same time, or sets of them [default: 1]
      --payload-size BYTES  Length of the payloads [default: 100]
      --duration TIME       Of each round: 2, 2s, 500ms [default: 2s]
      --count N             Operations of each round, all workers together; then no duration
      --warm-up TIME        Before each round, not counted [default: 500ms]
      --rate N              Operations that are begun in a second, all workers together, whether those
                            before are done or not; latencies count from when they were to begin
      --in-flight N         Operations of a worker that may be under way with --rate [default: 64]
      --window FRAMES       How far a sender may be ahead of its receivers [default: 2048, at most 4 MiB]
      --ping-interval TIME  Of connections that do nothing else [default: 2s]
`

func newLoad() *load {
	return &load{o: bench.Options{
		Workers: 1, PayloadSize: bench.UsualPayload, WarmUp: 500 * time.Millisecond, InFlight: bench.DefaultInFlight,
		PingInterval: bench.DefaultPingInterval,
	}}
}

func (l *load) define(fs *pflag.FlagSet) {
	fs.Var(number{&l.o.Workers, 1}, "workers", "")
	fs.Var(number{&l.o.PayloadSize, 0}, "payload-size", "")
	fs.Var(span{&l.o.Duration}, "duration", "")
	fs.Var(number{&l.o.Operations, 1}, "count", "")
	fs.Var(span{&l.o.WarmUp}, "warm-up", "")
	fs.Float64Var(&l.o.Rate, "rate", 0, "")
	fs.Var(number{&l.o.InFlight, 1}, "in-flight", "")
	fs.Var(number{&l.o.Window, 1}, "window", "")
	fs.Var(span{&l.o.PingInterval}, "ping-interval", "")
	l.output.define(fs)
}

// cases are those that are to run, and whether they can.
func (l *load) cases(texts []string) ([]bench.Case, error) {
	const usual = 2 * time.Second
	if l.o.Duration == 0 && l.o.Operations == 0 {
		l.o.Duration = usual
	}
	// Also where a client sends to itself: the reference's broker cuts off who is
	// flooded.
	if l.o.Window == 0 {
		l.o.Window = bench.AutoWindow
	}
	all, err := bench.Cases(texts, l.o)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		o := c.Options.EnsureDefaults()
		o.Name, o.Dial = "bench", bench.Sockets("", clientDefaults())
		if err := o.Validate(); err != nil {
			return nil, err
		}
	}
	return all, l.output.check()
}

// span is the value of a flag that is a time: seconds, or with a unit.
type span struct{ d *time.Duration }

func (v span) String() string { return v.d.String() }
func (v span) Type() string   { return "time" }

func (v span) Set(s string) error {
	d, err := time.ParseDuration(s)
	if f, plain := strconv.ParseFloat(s, 64); plain == nil {
		d, err = time.Duration(f*float64(time.Second)), nil
	}
	if err != nil || d < 0 || d > maxSeconds*time.Second {
		return fmt.Errorf("want a time, as 2, 2s or 500ms")
	}
	*v.d = d
	return nil
}

const benchListHelp = `{{.Short}}.

Usage:
  {{.CommandPath}}

Options:
  -h, --help  Print help
`

func newBenchList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Print the stages and the suite",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p := newPalette(cmd.OutOrStdout())
			t := newTable("stage", "what is done", "parameters")
			for _, s := range append(bench.Stages(), bench.InProcess()...) {
				t.row(s.Name, s.About, strings.Join(s.Parameters(), " "))
			}
			suite := []byte("\nThe suite, which is what runs if no stage is named:\n")
			for _, c := range bench.Suite(bench.Options{PayloadSize: bench.UsualPayload}) {
				suite = fmt.Appendf(suite, "  %s\n", c.Name())
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s%s", t.render(p), suite)
			return err
		},
	}
	cmd.SetHelpTemplate(benchListHelp)
	return cmd
}
