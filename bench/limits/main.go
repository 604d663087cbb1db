//go:build linux

// Command limits measures what the machine gives to programs that do nothing
// but move bytes between unix sockets, so that one can say how near a broker
// comes:
//
//   - echo: connections whose requests are answered at once, by one loop on
//     epoll. Requests and answers are those of an RPC call to the broker.
//   - relay: bytes read from one socket and written to another.
//   - splice: the same through a pipe, without copying them to the program.
//
// What is measured is a process of its own, the rest is in this one. A line is
// printed for each run; the processor time is that of the process that is
// measured. Clients are as bare as it is: they know the length of an answer and
// block in reads.
//
// limits serve PATH is the echo alone. It greets as a broker does, so the load
// generator, and whatever compares brokers with it, can measure it too.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

type options struct {
	works       []work
	rounds      int
	duration    time.Duration
	connections int
	payloadSize int
	buffer      int
}

// work is something that has a limit.
type work struct {
	name string
	run  func(context.Context, options) (result, error)
}

var works = []work{
	{"echo", echo},
	{"relay.100", relayOf(100, false)},
	{"relay.64k", relayOf(64<<10, false)},
	{"relay.1m", relayOf(1<<20, false)},
	{"splice.64k", relayOf(64<<10, true)},
	{"splice.1m", relayOf(1<<20, true)},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run does what args say and prints it to out.
func run(ctx context.Context, args []string, out, errs io.Writer) error {
	if len(args) == 2 && args[0] == serveCommand {
		return serve(ctx, args[1])
	}
	if len(args) == 3 && args[0] == forwardCommand {
		return forward(args[1], args[2])
	}
	o, err := parse(args, errs)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, "| work | 1/s | MB/s | CPU, ns each |\n|---|---|---|---|\n"); err != nil {
		return err
	}
	for _, w := range o.works {
		for range o.rounds {
			r, err := w.run(ctx, o)
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			if _, err := fmt.Fprintf(out, "| %s | %.0f | %.1f | %.0f |\n", w.name, r.rate(), r.megabytes(), r.each()); err != nil {
				return err
			}
		}
	}
	return nil
}

func parse(args []string, errs io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("limits", flag.ContinueOnError)
	f.SetOutput(errs)
	f.Usage = func() {
		_, _ = fmt.Fprintf(errs, "limits [flags] [work ...]\nlimits %s PATH\n\nWorks, by default all:", serveCommand)
		for _, w := range works {
			_, _ = fmt.Fprintf(errs, " %s", w.name)
		}
		_, _ = fmt.Fprint(errs, "\n\n")
		f.PrintDefaults()
	}
	f.IntVar(&o.rounds, "rounds", 5, "runs of each work")
	f.DurationVar(&o.duration, "duration", 2*time.Second, "of a run")
	f.IntVar(&o.connections, "connections", 8, "of echo")
	f.IntVar(&o.payloadSize, "payload-size", 100, "bytes, of echo")
	f.IntVar(&o.buffer, "buffer", 64<<10, "bytes that relay reads at once at most")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	for _, name := range f.Args() {
		i := slices.IndexFunc(works, func(w work) bool { return w.name == name })
		if i < 0 {
			return o, fmt.Errorf("busrt: no work %q", name)
		}
		o.works = append(o.works, works[i])
	}
	if o.works == nil {
		o.works = works
	}
	if o.rounds < 1 || o.duration <= 0 || o.connections < 1 || o.payloadSize < 0 || o.buffer < 1 {
		return o, errors.New("busrt: rounds, duration, connections and buffer start from 1, payloads from 0 bytes")
	}
	return o, nil
}

// result is what came out of a run.
type result struct {
	operations int
	bytes      int // that were received
	elapsed    time.Duration
	cpu        time.Duration // of the process that is measured
}

func (r result) rate() float64 { return float64(r.operations) / r.elapsed.Seconds() }

func (r result) megabytes() float64 { return float64(r.bytes) / 1e6 / r.elapsed.Seconds() }

func (r result) each() float64 { return float64(r.cpu) / float64(r.operations) }
