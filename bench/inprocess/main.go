// Command inprocess measures the in-process clients of this broker by the stages
// of [bench.InProcess], each on a broker of its own. A stage prints a line of
// JSON, as bench/reference does for the reference; scripts/compare-inprocess runs
// both.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/busrt-go/busrt/bench"
	"github.com/busrt-go/busrt/engine"
)

// stallTime is more than a busy machine keeps a receiver from running: one that
// does not move for so long loses frames, and its stage fails.
const stallTime = 10 * time.Second

type options struct {
	stages      []bench.Stage
	duration    time.Duration
	queueSize   int
	payloadSize int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run measures what args say and prints it to out.
func run(ctx context.Context, args []string, out, errs io.Writer) error {
	o, err := parse(args, errs)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(out)
	for _, s := range o.stages {
		r, err := measure(ctx, s, o)
		if err != nil {
			return err
		}
		if err := lines.Encode(lineOf(r)); err != nil {
			return err
		}
	}
	return nil
}

func parse(args []string, errs io.Writer) (options, error) {
	var o options
	all := bench.InProcess()
	f := flag.NewFlagSet("inprocess", flag.ContinueOnError)
	f.SetOutput(errs)
	f.Func("stage", "only this one; may be given more than once", func(name string) error {
		i := slices.IndexFunc(all, func(s bench.Stage) bool { return s.Name == name })
		if i < 0 {
			return errors.New("no such stage")
		}
		o.stages = append(o.stages, all[i])
		return nil
	})
	f.DurationVar(&o.duration, "duration", 2*time.Second, "of each stage")
	f.IntVar(&o.queueSize, "queue-size", engine.DefaultQueueFrames, "frames that the broker keeps for a client")
	f.IntVar(&o.payloadSize, "payload-size", 100, "bytes")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("busrt: unexpected %q", f.Arg(0))
	}
	if o.stages == nil {
		o.stages = all
	}
	return o, nil
}

// measure runs a stage.
func measure(ctx context.Context, s bench.Stage, o options) (bench.Result, error) {
	broker, err := engine.New(engine.Options{QueueFrames: o.queueSize, StallTime: stallTime})
	if err != nil {
		return bench.Result{}, err
	}
	load, err := bench.New(bench.Options{
		Name:        "bench",
		PayloadSize: o.payloadSize,
		Duration:    o.duration,
		Dial: func(ctx context.Context, name string) (bench.Client, error) {
			c, err := broker.Register(ctx, name, engine.ClientOptions{})
			if err != nil {
				return nil, err // no Client that holds a nil pointer
			}
			return c, nil
		},
	})
	if err != nil {
		return bench.Result{}, err
	}
	r, err := load.Run(ctx, s)
	load.Close()
	return r, errors.Join(err, broker.Shutdown(context.WithoutCancel(ctx)))
}

// line is what is printed of a stage.
type line struct {
	Stage      string  `json:"stage"`
	Operations int     `json:"operations"`
	Seconds    float64 `json:"seconds"`
	Rate       float64 `json:"rate"` // operations per second
	P50        int64   `json:"p50_ns,omitempty"`
	P99        int64   `json:"p99_ns,omitempty"`
}

func lineOf(r bench.Result) line {
	return line{
		Stage:      r.Stage,
		Operations: r.Operations,
		Seconds:    r.Elapsed.Seconds(),
		Rate:       r.Rate(),
		P50:        r.Quantile(0.5).Nanoseconds(),
		P99:        r.Quantile(0.99).Nanoseconds(),
	}
}
