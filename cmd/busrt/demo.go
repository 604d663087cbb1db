package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/busrt-go/busrt/bench"
	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// demo is the command of that name: a broker, and what it does under load.
type demo struct {
	stageTime time.Duration // for each stage
	out, err  io.Writer
}

const demoHelp = `{{.Short}}.

Starts a broker on a temporary unix socket, measures it through real connections,
shows what came out, and leaves nothing behind. That takes some ten seconds, and
needs no configuration and no other program.

Usage:
  {{.CommandPath}}

Options:
  -h, --help  Print help
`

var demoStageTime = 1200 * time.Millisecond // tests are in a hurry

const demoPayload = 100 // bytes

// newDemoCommand makes the command. Eight stages of stageTime each are what it
// takes.
func newDemoCommand(stageTime time.Duration) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show a broker at work",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			stop, _, release := watchSignals(cmd.Context())
			defer release()
			d := demo{stageTime: stageTime, out: cmd.OutOrStdout(), err: cmd.ErrOrStderr()}
			return d.run(stop)
		},
	}
	cmd.SetHelpTemplate(demoHelp)
	return cmd
}

// run is the whole demonstration. Whatever ends it, nothing is left of it.
func (d *demo) run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "busrt-demo-")
	if err != nil {
		return fmt.Errorf("busrt: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	socket := filepath.Join(dir, "b.sock")
	group, err := demoBroker(ctx, socket)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		err = errors.Join(err, group.Shutdown(ctx))
	}()

	_, err = fmt.Fprintf(d.out, "busrt %s: a broker on a unix socket, %d-byte payloads, %d cores for everything\n\n",
		version(), demoPayload, runtime.NumCPU())
	if err != nil {
		return err
	}
	results, err := d.measure(ctx, socket)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(d.out, demoTable(results).render(newPalette(d.out)), demoAdvice)
	return err
}

// demoBroker starts a broker, as the server command does.
func demoBroker(ctx context.Context, socket string) (*listeners.Group, error) {
	broker, err := engine.New(engine.Options{Timeout: 5 * time.Second, Version: version()})
	if err != nil {
		return nil, err
	}
	broker.InitCoreRPC()
	group, err := listeners.New(broker, listeners.Options{})
	if err != nil {
		return nil, err
	}
	if _, err := group.Listen(ctx, socket, listeners.ListenOptions{}); err != nil {
		return nil, errors.Join(err, group.Shutdown(ctx))
	}
	return group, nil
}

// demoStages are those of the reference, and the one that it lacks most.
func demoStages() []bench.Stage {
	pair, _ := bench.StageNamed("pair")
	return append(bench.Reference(), pair)
}

// measure runs all stages, with a line of progress if somebody looks.
func (d *demo) measure(ctx context.Context, socket string) ([]bench.Result, error) {
	stages := demoStages()
	var results []bench.Result
	o := bench.Options{
		Dial:        bench.Sockets(socket, client.Options{}),
		Name:        "demo",
		PayloadSize: demoPayload,
		Duration:    d.stageTime,
		Window:      bench.DefaultWindow, // whatever else the machine has to do
	}
	if isTerminal(d.err) {
		line := func(text string) { _, _ = io.WriteString(d.err, "\r\x1b[K"+text) } // instead of the one before
		defer line("")
		o.Progress = func(p bench.Progress) {
			line(fmt.Sprintf("%d/%d %s: %s operations, %s/s", len(results)+1, len(stages), p.Stage,
				grouped(uint64(p.Operations)), grouped(uint64(float64(p.Operations)/p.Elapsed.Seconds()))))
		}
	}
	load, err := bench.New(o)
	if err != nil {
		return nil, err
	}
	defer load.Close()
	for _, s := range stages {
		r, err := load.Run(ctx, s)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}

// demoTable shows results, numbers to the right, in the 80 columns that every
// terminal has.
func demoTable(results []bench.Result) *table {
	right := func(width int, text string) string { return fmt.Sprintf("%*s", width, text) }
	head := []string{"stage", right(10, "operations"), right(6, "op/s")}
	for _, name := range []string{"p50", "p99", "p99.9", "max"} {
		head = append(head, right(6, name))
	}
	t := newTable(head...)
	for _, r := range results {
		cells := []string{r.Stage, right(10, grouped(uint64(r.Operations))), right(6, rate(r.Rate()))}
		for _, q := range []float64{0.5, 0.99, 0.999, 1} {
			cells = append(cells, right(6, latency(r.Quantile(q))))
		}
		t.row(cells...)
	}
	return t
}

// rate and latency write a number in at most six columns: of what changes from
// run to run, more digits would say no more.
func rate(perSecond float64) string {
	switch {
	case perSecond < 1e3:
		return short(perSecond, "")
	case perSecond < 1e6:
		return short(perSecond/1e3, "k")
	}
	return short(perSecond/1e6, "M")
}

func latency(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%dns", d)
	case d < time.Millisecond:
		return short(d.Seconds()*1e6, "µs")
	}
	return short(d.Seconds()*1e3, "ms")
}

func short(x float64, unit string) string {
	if x < 99.95 {
		return fmt.Sprintf("%.1f%s", x, unit)
	}
	return fmt.Sprintf("%.0f%s", x, unit)
}

const demoAdvice = `
Latencies are of whole operations: a call until its reply, a send until its ack,
or until the client has buffered it if none is wanted, a frame that is received
from its sending to its receiver. In pair one connection sends and another
receives.

What to try next, each in a terminal of its own; busrt is this program:
  busrt server -B /tmp/busrt.sock                         a broker
  busrt /tmp/busrt.sock listen -t '#'                     all that is published
  busrt /tmp/busrt.sock publish news/today 'hello, bus'   something to be seen there
  busrt /tmp/busrt.sock broker client.list                who is connected
  busrt /tmp/busrt.sock benchmark                         these stages, on any broker
`
