package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/busrt-go/busrt/bench"
	"github.com/busrt-go/busrt/bench/report"
)

const benchRunHelp = `{{.Short}}.

Usage:
  busrt bench run [OPTIONS] PATH [STAGE...]
  busrt bench run [OPTIONS] --embedded [STAGE...]

PATH is that of a unix socket, or HOST:PORT. Without a STAGE it is the suite of
'busrt bench list'.

Options:
      --embedded            A broker in this very process, by in-process clients
      --pid PID             The process of the broker, whose CPU and memory are read; that of a unix
                            socket is found
      --repeat N            Rounds of each stage [default: 1]
` + loadHelp + outputHelp + `  -h, --help                Print help

What was measured before a failure or a signal is printed, marked as incomplete.
`

// benchRun is the command of that name.
type benchRun struct {
	*load
	embedded bool
	pid      int
}

func newBenchRun() *cobra.Command {
	b := &benchRun{load: newLoad()}
	b.rounds = 1
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Measure a broker",
		RunE: interruptible(func(cmd *cobra.Command, args []string) error {
			if !b.embedded && len(args) == 0 {
				return usageErrorf(cmd, "missing: PATH")
			}
			stages := args
			if !b.embedded {
				stages = args[1:]
			}
			cases, err := b.cases(stages)
			if err != nil {
				return usageErrorf(cmd, "%w", err)
			}
			raiseFiles()
			t, shutdown, err := b.target(cmd.Context(), args)
			if err != nil {
				return err
			}
			return outcome(errors.Join(b.run(cmd, t, cases), shutdown()))
		}),
	}
	cmd.SetHelpTemplate(benchRunHelp)
	fs := cmd.Flags()
	fs.BoolVar(&b.embedded, "embedded", false, "")
	fs.Var(number{&b.pid, 1}, "pid", "")
	fs.Var(number{&b.rounds, 1}, "repeat", "")
	b.define(fs)
	eachOnce(fs)
	return cmd
}

func (b *benchRun) target(ctx context.Context, args []string) (*target, func() error, error) {
	if b.embedded {
		return embed()
	}
	t, err := reach(ctx, "broker", args[0], b.pid)
	return t, func() error { return nil }, err
}

// run measures, and prints whatever came out.
func (b *benchRun) run(cmd *cobra.Command, t *target, cases []bench.Case) error {
	r := newReport()
	r.Brokers = []report.Broker{t.Broker}
	failed := b.measure(cmd.Context(), r, t, cases, cmd.ErrOrStderr())
	r.Complete = failed == nil
	return errors.Join(failed, b.output.write(cmd.OutOrStdout(), r))
}

// measure fills a report, until something fails.
func (b *benchRun) measure(ctx context.Context, r *report.Report, t *target, cases []bench.Case, errs io.Writer) error {
	line := progressLine(errs)
	defer line("")
	for i, c := range cases {
		for round := 1; round <= b.rounds; round++ {
			at := fmt.Sprintf("%d/%d %s, round %d/%d: ", i+1, len(cases), c.Name(), round, b.rounds)
			one, err := t.measure(ctx, c, round, telling(line, at))
			r.Results = append(r.Results, one)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// telling shows progress behind a text that says where things are.
func telling(line func(string), at string) func(bench.Progress) {
	return func(p bench.Progress) {
		line(fmt.Sprintf("%s%s operations, %s/s", at, grouped(uint64(p.Operations)), rate(float64(p.Operations)/p.Elapsed.Seconds())))
	}
}
