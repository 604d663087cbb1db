// Command peers gives the same work to this broker, to nats-server, and to Redis
// if redis-server is on PATH, each with the client library that its users have,
// over TCP. It is a module of its own, so that who uses the broker does not get
// the others' dependencies.
//
// A broker is a fresh process in each round, all clients are in this one, and
// whoever goes first in one round goes last in the next. Medians are printed as
// a table in Markdown, and all rounds behind it. scripts/compare-peers runs it.
//
// What is the same and what differs is said in docs/performance.md, "Against
// other brokers".
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
	"strings"
	"syscall"
	"time"
)

type options struct {
	stages      []stage
	peers       []peer
	rounds      int
	duration    time.Duration
	window      int
	payloadSize int
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

// run measures what args say and prints it to out.
func run(ctx context.Context, args []string, out, errs io.Writer) error {
	o, err := parse(args, errs)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "peers.")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	programs, err := installed(ctx, o.peers, dir, errs)
	if err != nil {
		return err
	}

	if _, err := io.WriteString(out, heading(args, programs, o)); err != nil {
		return err
	}
	var rounds []string
	for _, s := range o.stages {
		results, err := alternate(ctx, s, programs, o)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(out, rows(s, programs, results)); err != nil {
			return err
		}
		rounds = append(rounds, everyRound(s, programs, results)...)
	}
	_, err = fmt.Fprintf(out, "\nAll rounds, 1/s and ns of the broker's CPU for each:\n\n%s\n", strings.Join(rounds, "\n"))
	return err
}

func parse(args []string, errs io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("peers", flag.ContinueOnError)
	f.SetOutput(errs)
	choice(f, "stage", &o.stages, stages, func(s stage) string { return s.name })
	choice(f, "peer", &o.peers, peers, func(p peer) string { return p.name })
	f.IntVar(&o.rounds, "rounds", 5, "runs of each stage on each broker")
	f.DurationVar(&o.duration, "duration", 2*time.Second, "of a run")
	f.IntVar(&o.window, "window", 2048, "frames that a sender may be ahead of its slowest receiver")
	f.IntVar(&o.payloadSize, "payload-size", 100, "bytes")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("busrt: unexpected %q", f.Arg(0))
	case o.rounds < 1, o.duration <= 0, o.window < 2, o.payloadSize < 0:
		return o, errors.New("busrt: rounds and duration start from 1, the window from 2, payloads from 0 bytes")
	}
	return o, nil
}

// choice is a flag that picks from all; without it, they are all taken.
func choice[T any](f *flag.FlagSet, name string, picked *[]T, all []T, nameOf func(T) string) {
	*picked = all
	first := true
	f.Func(name, "only this one; may be given more than once", func(value string) error {
		i := slices.IndexFunc(all, func(x T) bool { return nameOf(x) == value })
		if i < 0 {
			return errors.New("no such " + name)
		}
		if first {
			*picked, first = nil, false
		}
		*picked = append(*picked, all[i])
		return nil
	})
}

// alternate has every broker run a stage once a round.
func alternate(ctx context.Context, s stage, programs []program, o options) ([][]result, error) {
	results := make([][]result, len(programs))
	order := make([]int, len(programs))
	for i := range order {
		order[i] = i
	}
	for range o.rounds {
		for _, i := range order {
			r, err := programs[i].measure(ctx, s, o)
			if err != nil {
				return nil, fmt.Errorf("%s on %s: %w", s.name, programs[i].name, err)
			}
			results[i] = append(results[i], r)
		}
		slices.Reverse(order)
	}
	return results, nil
}
