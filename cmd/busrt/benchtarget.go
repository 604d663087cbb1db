package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/busrt-go/busrt/bench"
	"github.com/busrt-go/busrt/bench/report"
	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/rpc"
)

// target is a broker under load.
type target struct {
	report.Broker
	dial     bench.Dialer
	stream   bench.StreamDialer // nil: by dial
	register bench.Registrar
	process  *bench.Process // nil: it is not seen
}

// clientDefaults are those of clients that load a broker, but for their names.
// With the buffer of other clients they are the bottleneck of streams.
func clientDefaults() client.Options {
	return client.Options{Timeout: client.DefaultTimeout, BufferSize: 64 << 10, Silence: -1, MaxFrame: min(1<<32-1, math.MaxInt)}
}

// reach makes a target of a broker's address. It asks the broker who it is.
func reach(ctx context.Context, name, address string, pid int) (*target, error) {
	if strings.HasPrefix(address, "./") || strings.HasPrefix(address, "../") {
		if wd, err := os.Getwd(); err == nil {
			address = wd + "/" + address
		}
	}
	t := &target{
		Broker:   report.Broker{Name: name, Address: address},
		dial:     bench.Sockets(address, clientDefaults()),
		stream:   bench.Lean(address, client.DefaultTimeout),
		register: bench.Light(address, client.DefaultTimeout),
	}
	if err := t.identify(ctx); err != nil {
		return nil, unconnected(err)
	}
	var err error
	switch _, _, tcp := net.SplitHostPort(address); {
	case pid != 0:
		t.process, err = bench.NewProcess(pid)
	case tcp != nil:
		t.process, _ = bench.Listening(ctx, address) // it may be hidden: then it is not seen
	}
	return t, err
}

// identify asks the broker for its version. One that does not say has none.
func (t *target) identify(ctx context.Context) error {
	bus, err := t.dial(ctx, fmt.Sprintf("bench.%d", os.Getpid()))
	if err != nil {
		return err
	}
	conn, err := rpc.New(bus, new(rpc.Mux), rpc.Options{})
	if err != nil {
		return errors.Join(err, bus.Close())
	}
	defer func() { _ = conn.Close() }() // it has served its purpose
	ctx, cancel := context.WithTimeout(ctx, client.DefaultTimeout)
	defer cancel()
	answer, err := conn.Call(ctx, ".broker", "info", nil)
	if _, says := errors.AsType[*rpc.Error](err); says {
		return nil
	}
	if err != nil {
		return err
	}
	var info codec.BrokerInfo
	if _, err := info.UnmarshalMsg(answer); err != nil {
		return err
	}
	t.Author, t.Version = info.Author, info.Version
	return nil
}

// stallTime is more than a busy machine keeps a receiver from running: an
// in-process one that does not move for so long loses frames.
const stallTime = 10 * time.Second

// embed makes a target of a broker in this process.
func embed() (_ *target, shutdown func() error, err error) {
	broker, err := engine.New(engine.Options{Timeout: 5 * time.Second, StallTime: stallTime, Version: version()})
	if err != nil {
		return nil, nil, err
	}
	broker.InitCoreRPC()
	t := &target{
		Broker: report.Broker{Name: "embedded", Command: "in this process; load CPU is that of both", Version: version()},
		dial: func(ctx context.Context, name string) (bench.Client, error) {
			c, err := broker.Register(ctx, name, engine.ClientOptions{})
			if err != nil {
				return nil, err // no Client that holds a nil pointer
			}
			return c, nil
		},
	}
	return t, func() error { return broker.Shutdown(context.Background()) }, nil
}

// measure runs one round of a case.
func (t *target) measure(ctx context.Context, c bench.Case, round int, tell func(bench.Progress)) (report.Result, error) {
	o := c.Options
	o.Name = fmt.Sprintf("bench.%d", os.Getpid())
	o.Dial, o.Stream, o.Register, o.Broker, o.Progress = t.dial, t.stream, t.register, t.process, tell
	load, err := bench.New(o)
	if err != nil {
		return report.Result{}, err
	}
	defer load.Close()
	r, failed := load.Run(ctx, c.Stage)
	one, err := report.NewResult(t.Name, round, c, r, failed)
	return one, errors.Join(failed, err)
}

// raiseFiles lets this process, and brokers that it starts, have as many files
// as the system allows; the runtime does so for itself only.
func raiseFiles() {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) == nil {
		l.Cur = l.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l) // a stage fails if it needs more than there are
	}
}

// progressLine is a line on a terminal that says how far things are; nil if
// nobody looks.
func progressLine(w io.Writer) func(text string) {
	if !isTerminal(w) {
		return func(string) {}
	}
	return func(text string) { _, _ = io.WriteString(w, "\r\x1b[K"+text) } // instead of the one before
}
