package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/busrt-go/busrt/bench"
	"github.com/busrt-go/busrt/bench/report"
)

const benchAgainstHelp = `{{.Short}}.

Usage:
  busrt bench against [OPTIONS] COMMAND...

  busrt bench against 'busrtd -B {sock}' 'busrtd -B {sock} -w 2'

Each COMMAND starts a broker. Its words are split at blanks; {sock} stands for the
path of a socket, {tcp} for a free HOST:PORT. Every round has fresh brokers, ours
and then the others, in the next round the other way round, stage by stage. All
rounds are printed, medians, and what ours has in relation to each of the others;
~ stands where there is no difference to be seen.

Options:
      --stage STAGE         Only this one, may be given more than once; default: the suite
      --ours COMMAND        Ours; busrt is this program [default: busrt server -B {sock}]
      --rounds N            Of each stage [default: 6, the least that confidence intervals take]
` + loadHelp + outputHelp + `  -h, --help                Print help

A broker that fails in a round is shown as failed there; the exit code is 1 if
it was ours. A signal ends all brokers, and prints what there is, marked as
incomplete.
`

// benchAgainst is the command of that name.
type benchAgainst struct {
	*load
	stages []string
	ours   string
}

func newBenchAgainst() *cobra.Command {
	b := &benchAgainst{load: newLoad(), ours: ourselves + " server -B {sock}"}
	b.rounds = 6
	cmd := &cobra.Command{
		Use:   "against",
		Short: "Measure this broker and others in turn",
		RunE: interruptible(func(cmd *cobra.Command, args []string) error {
			commands := append([]string{b.ours}, args...)
			for _, c := range commands {
				if len(strings.Fields(c)) == 0 || !strings.Contains(c, "{sock}") && !strings.Contains(c, "{tcp}") {
					return usageErrorf(cmd, "command %q has neither {sock} nor {tcp}", c)
				}
			}
			cases, err := b.cases(b.stages)
			switch {
			case err != nil:
				return usageErrorf(cmd, "%w", err)
			case len(args) == 0:
				return usageErrorf(cmd, "missing: COMMAND")
			}
			raiseFiles()
			r := newReport()
			for i, c := range commands {
				r.Brokers = append(r.Brokers, report.Broker{Name: labelOf(r, i, c), Command: c})
			}
			failed := b.measure(cmd.Context(), r, cases, cmd.ErrOrStderr())
			return outcome(errors.Join(failed, b.output.write(cmd.OutOrStdout(), r)))
		}),
	}
	cmd.SetHelpTemplate(benchAgainstHelp)
	fs := cmd.Flags()
	fs.StringArrayVar(&b.stages, "stage", nil, "")
	fs.StringVar(&b.ours, "ours", b.ours, "")
	fs.Var(number{&b.rounds, 1}, "rounds", "")
	b.define(fs)
	eachOnce(fs)
	return cmd
}

// labelOf names the broker of a command: by what is not the same in all, and
// unlike those before it.
func labelOf(r *report.Report, i int, command string) string {
	if i == 0 {
		return "ours"
	}
	words := slices.DeleteFunc(strings.Fields(command), func(w string) bool {
		return w == "-B" || strings.Contains(w, "{sock}") || strings.Contains(w, "{tcp}")
	})
	words[0] = words[0][strings.LastIndexByte(words[0], '/')+1:]
	label := strings.Join(words, " ")
	for _, b := range r.Brokers {
		if b.Name == label {
			return fmt.Sprintf("%s (%d)", label, i+1)
		}
	}
	return label
}

// measure fills a report. Only a signal ends it early; an error beside that is
// of our own broker.
func (b *benchAgainst) measure(ctx context.Context, r *report.Report, cases []bench.Case, errs io.Writer) (failed error) {
	line := progressLine(errs)
	defer line("")
	for i, c := range cases {
		for round := 1; round <= b.rounds; round++ {
			for n := range r.Brokers {
				k := n
				if round%2 == 0 {
					k = len(r.Brokers) - 1 - n
				}
				at := fmt.Sprintf("%d/%d %s, round %d/%d, %s: ", i+1, len(cases), c.Name(), round, b.rounds, r.Brokers[k].Name)
				line(at)
				one, err := b.once(ctx, &r.Brokers[k], c, round, telling(line, at))
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				r.Results = append(r.Results, one)
				if err != nil && k == 0 && failed == nil {
					failed = fmt.Errorf("%s, round %d: %w", c.Name(), round, err)
				}
			}
		}
	}
	r.Complete = true
	return failed
}

// once measures a round on a fresh broker, which then ends, whatever happens.
func (b *benchAgainst) once(ctx context.Context, broker *report.Broker, c bench.Case, round int, tell func(bench.Progress)) (report.Result, error) {
	started, t, err := startChild(ctx, broker.Name, strings.Fields(broker.Command))
	if err != nil {
		one, _ := report.NewResult(broker.Name, round, c, bench.Result{}, err) // there is no histogram that could be at fault
		return one, err
	}
	broker.Author, broker.Version = t.Author, t.Version
	one, err := t.measure(ctx, c, round, tell)
	return one, errors.Join(err, started.end())
}
