package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/busrt-go/busrt/bench/plot"
	"github.com/busrt-go/busrt/bench/report"
)

const benchShowHelp = `{{.Short}}.

Usage:
  busrt bench show [--format FORMAT] FILE

Options:
      --format FORMAT  table, json, csv, go (as Go's benchmarks, for benchstat) or hgrm
                       (HdrHistogram) [default: table]
  -h, --help           Print help
`

func newBenchShow() *cobra.Command {
	o := outputOptions{}
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print results that were kept, also in another form",
		Args:  positional(0, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return usageErrorf(cmd, "%w", err)
			}
			r, err := fromFile(args[0])
			if err != nil {
				return err
			}
			return writeReport(cmd.OutOrStdout(), o.format, r)
		},
	}
	cmd.SetHelpTemplate(benchShowHelp)
	cmd.Flags().StringVar(&o.format, "format", formats[0], "")
	return cmd
}

const benchCompareHelp = `{{.Short}}.

Usage:
  busrt bench compare [--force] FILE [FILE...]

The first broker of the first FILE is compared with all others: medians with the
reach of their 95 % confidence intervals, the difference in percent, or ~ if none
is to be seen, and how probable it is by chance (Mann-Whitney U test).

Options:
      --force  Also results of different machines, which say little
  -h, --help   Print help
`

func newBenchCompare() *cobra.Command {
	force := false
	cmd := &cobra.Command{
		Use:   "compare",
		Short: "Compare results that were kept",
		Args:  positional(-1, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			sets, err := setsOf(args, force)
			if err != nil {
				return err
			}
			if len(sets) < 2 {
				return usageErrorf(cmd, "there is nothing to compare with: %s has one broker", args[0])
			}
			p := newPalette(cmd.OutOrStdout())
			for _, other := range sets[1:] {
				t, notes := comparisonTable(sets[0], other)
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s and %s\n\n%s%s\n", sets[0].Name, other.Name, t.render(p), notes); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.SetHelpTemplate(benchCompareHelp)
	cmd.Flags().BoolVar(&force, "force", false, "")
	return cmd
}

// setsOf reads files: each of their brokers is a set. All must have been measured
// on one machine, or be forced.
func setsOf(files []string, force bool) (sets []report.Set, err error) {
	var first *report.Report
	for _, file := range files {
		r, err := fromFile(file)
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = r
		}
		if what := first.Machine.Differs(r.Machine); what != "" && !force {
			return nil, fmt.Errorf("busrt: %s and %s are of different machines (%s); --force compares them all the same", files[0], file, what)
		}
		for _, b := range r.Brokers {
			name := b.Name
			if len(files) > 1 {
				name = file + ": " + name
			}
			if !r.Complete {
				name += " (incomplete)"
			}
			sets = append(sets, report.Set{Name: name, Report: r, Broker: b.Name})
		}
	}
	return sets, nil
}

// comparisonTable shows two sets, and what is to be known about the figures.
func comparisonTable(base, other report.Set) (_ *table, notes string) {
	t := newTable("stage", "metric", right("first"), "  ±", right("second"), "  ±", right("change"), "p, rounds")
	label := ""
	for _, c := range report.Compare(base, other, shown) {
		name := c.Case
		if name == label {
			name = ""
		}
		label = c.Case
		t.row(name, c.Metric.Name,
			right(figure(c.Metric, c.Base.Median)), reach95(c.Base), right(figure(c.Metric, c.Other.Median)), reach95(c.Other),
			right(c.Delta), fmt.Sprintf("p=%.3f n=%d+%d", c.P, c.Base.N, c.Other.N))
		for _, w := range c.Warnings {
			if text := w.Error() + "\n"; !strings.Contains(notes, text) {
				notes += text
			}
		}
	}
	return t, notes
}

// reach95 is how far the confidence interval goes from the median, in percent.
func reach95(s report.Summary) string {
	most := max(s.High-s.Median, s.Median-s.Low) / s.Median * 100
	if most > 999 { // there are too few rounds for an end of it
		return "  ∞"
	}
	return fmt.Sprintf("%2.0f%%", most)
}

const benchPlotHelp = `{{.Short}}.

Usage:
  busrt bench plot [--metric METRIC | --latency | --over PARAMETER] -o FILE.svg FILE

Options:
      --metric METRIC   All rounds of it as dots, and their medians: rate, broker CPU,
                        p50, p90, p99, p99.9, max, load CPU, resident, a connection
                        [default: rate]
      --latency         The distributions of latencies
      --over PARAMETER  Medians of METRIC over a parameter, as names or receivers
  -o, --output FILE     The SVG file
  -h, --help            Print help
`

func newBenchPlot() *cobra.Command {
	var metric, over, output string
	latencies := false
	cmd := &cobra.Command{
		Use:   "plot",
		Short: "Draw results that were kept",
		Args:  positional(0, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, ok := report.MetricNamed(metric)
			switch {
			case !ok:
				return usageErrorf(cmd, "unknown metric %q", metric)
			case output == "":
				return usageErrorf(cmd, "where to draw is missing: -o FILE.svg")
			case latencies && over != "":
				return usageErrorf(cmd, "either --latency or --over")
			}
			r, err := fromFile(args[0])
			if err != nil {
				return err
			}
			return inFile(output, func(w io.Writer) error {
				switch {
				case latencies:
					return plot.Latency(w, r)
				case over != "":
					return plot.Growth(w, r, over, m)
				}
				return plot.Rounds(w, r, m)
			})
		},
	}
	cmd.SetHelpTemplate(benchPlotHelp)
	cmd.Flags().StringVar(&metric, "metric", report.Metrics[0].Name, "")
	cmd.Flags().StringVar(&over, "over", "", "")
	cmd.Flags().BoolVar(&latencies, "latency", false, "")
	cmd.Flags().StringVarP(&output, "output", "o", "", "")
	return cmd
}
