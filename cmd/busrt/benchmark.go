package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/busrt-go/busrt/bench"
	"github.com/busrt-go/busrt/client"
)

// benchmark is the command of that name (docs/cli.md, section 6).
type benchmark struct {
	workers, payloadSize, iters, window int

	stages     []string // names; none: those of the reference
	warmUpTime time.Duration

	out    io.Writer
	colors palette
	failed error // the first of out
}

const benchmarkHelp = `{{.Short}}.

Usage:
  busrt [OPTIONS] PATH benchmark [-w WORKERS] [--payload-size BYTES] [-i ITERS]
                                 [--stage STAGE...] [--window FRAMES] [--no-warm-up]

Options:
  -w, --workers WORKERS     Connections that work at the same time [default: {{(.Flags.Lookup "workers").DefValue}}]
      --payload-size BYTES  Length of the payloads [default: {{(.Flags.Lookup "payload-size").DefValue}}]
  -i, --iters ITERS         Operations per stage, all workers together [default: {{(.Flags.Lookup "iters").DefValue}}]
      --stage STAGE         Only this stage, may be given more than once
      --window FRAMES       How far a sender may be ahead of its receiver [default: 2048 in pair, else any]
      --no-warm-up          Do not warm the processor up for five seconds
  -h, --help                Print help

Stages, in their order:
  rpc.call                 calls of a method of the broker
  rpc.call+handle          calls of a method of the caller itself
  rpc.call0                calls that want no reply, acked, to nobody
  send.qos.no              messages to nobody, not acked
  send.qos.processed       messages to nobody, acked
  send+recv.qos.no         messages to oneself, not acked
  send+recv.qos.processed  messages to oneself, acked
  pair                     messages from one connection to another, not acked; only if asked for
`

// newBenchmarkCommand makes the command. broker tells, once the command line is
// parsed, which broker is meant and how to be its client; the name is the prefix
// of those of the workers.
func newBenchmarkCommand(broker func() (address string, o client.Options, err error)) *cobra.Command {
	b := benchmark{workers: 1, payloadSize: 100, iters: 1_000_000, warmUpTime: 5 * time.Second}
	noWarmUp := false
	cmd := &cobra.Command{
		Use:   "benchmark",
		Short: "Measure what a broker does",
		Args:  noArgs,
		RunE: interruptible(func(cmd *cobra.Command, _ []string) error {
			if noWarmUp {
				b.warmUpTime = 0
			}
			address, o, err := broker()
			if err != nil {
				return err
			}
			stages, err := b.chosen()
			if err != nil {
				return usageErrorf(cmd, "%w", err)
			}
			load, err := bench.New(bench.Options{
				Dial:        bench.Sockets(address, o),
				Name:        o.Name,
				Workers:     b.workers,
				PayloadSize: b.payloadSize,
				Operations:  b.iters,
				Window:      b.window,
			})
			if err != nil {
				return usageErrorf(cmd, "%w", err)
			}
			defer load.Close()
			b.out, b.colors = cmd.OutOrStdout(), newPalette(cmd.OutOrStdout())
			return outcome(b.run(cmd.Context(), load, stages))
		}),
	}
	cmd.SetHelpTemplate(benchmarkHelp)

	fs := cmd.Flags()
	fs.VarP(number{&b.workers, 1}, "workers", "w", "")
	fs.Var(number{&b.payloadSize, 0}, "payload-size", "")
	fs.VarP(number{&b.iters, 1}, "iters", "i", "")
	fs.Var(number{&b.window, 1}, "window", "")
	fs.StringArrayVar(&b.stages, "stage", nil, "")
	fs.BoolVar(&noWarmUp, "no-warm-up", false, "")
	eachOnce(fs)
	return cmd
}

// chosen are the stages that are to run.
func (b *benchmark) chosen() ([]bench.Stage, error) {
	if len(b.stages) == 0 {
		return bench.Reference(), nil
	}
	var stages []bench.Stage
	for _, name := range b.stages {
		s, ok := bench.StageNamed(name)
		if !ok {
			return nil, fmt.Errorf("unknown stage %q", name)
		}
		stages = append(stages, s)
	}
	return stages, nil
}

// run goes through the stages. If one fails, the table has those before it.
func (b *benchmark) run(ctx context.Context, load *bench.Bench, stages []bench.Stage) error {
	b.printf("Starting benchmark, %s worker(s), %s iters, %s iters/worker, %s byte(s) payload\n",
		b.colors.paint(styleBoldBlue, fmt.Sprint(b.workers)),
		b.colors.paint(styleYellow, grouped(uint64(b.iters))),
		b.colors.paint(styleBold, grouped(uint64(b.iters/b.workers))),
		b.colors.paint(styleCyan, grouped(uint64(b.payloadSize))))
	if err := load.Connect(ctx, stages[0]); err != nil {
		return unconnected(err)
	}
	if b.warmUpTime > 0 {
		b.warmUp(ctx)
	}
	var results []bench.Result
	for _, s := range stages {
		b.note("!!! stage started: %s ", s.Name)
		r, err := load.Run(ctx, s)
		if err != nil {
			b.print(results)
			return err
		}
		b.note("*** stage completed: %s (%s iters, %.3f secs)", s.Name, grouped(uint64(b.iters)), r.Elapsed.Seconds())
		results = append(results, r)
	}
	b.print(results)
	return b.failed
}

// warmUp keeps a processor busy, so that it runs at full speed afterwards.
func (b *benchmark) warmUp(ctx context.Context) {
	b.note("warming up")
	for start := time.Now(); time.Since(start) < b.warmUpTime && ctx.Err() == nil; {
		runtime.Gosched()
	}
	b.note("CPU has been warmed up")
}

// print prints the table, in the order of the names.
func (b *benchmark) print(results []bench.Result) {
	if len(results) == 0 {
		return
	}
	width := 40
	if size, ok := terminalSize(b.out); ok {
		width = int(size.Col)
	}
	title := "--- Benchmark results "
	b.note("%s", title+strings.Repeat("-", max(0, width-len(title))))
	t := newTable("stage", "iters", "secs", "msecs", "iters/s")
	for _, r := range slices.SortedFunc(slices.Values(results), func(x, y bench.Result) int { return cmp.Compare(x.Stage, y.Stage) }) {
		secs := r.Elapsed.Seconds()
		t.row(r.Stage, grouped(uint64(b.iters)), fmt.Sprintf("%.3f", secs), fmt.Sprintf("%.3f", 1000*secs),
			grouped(uint64(float64(b.iters)/secs)))
	}
	b.printf("%s", t.render(b.colors))
}

// note prints a line that tells what happens.
func (b *benchmark) note(format string, args ...any) {
	b.printf("%s\n", b.colors.paint(styleDim, fmt.Sprintf(format, args...)))
}

func (b *benchmark) printf(format string, args ...any) {
	if _, err := fmt.Fprintf(b.out, format, args...); b.failed == nil {
		b.failed = err
	}
}
