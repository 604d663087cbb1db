package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/busrt-go/busrt/internal/cputime"
)

const (
	startTime = 10 * time.Second      // for a broker to listen
	retry     = 10 * time.Millisecond // between two looks whether it does
)

// measure runs a stage once, on a broker of its own.
func (p *program) measure(ctx context.Context, s stage, o options) (result, error) {
	ctx, cancel := context.WithCancel(ctx)
	b, err := p.start(ctx)
	if err != nil {
		cancel()
		return result{}, err
	}
	defer func() {
		cancel() // kills it
		_ = b.process.Wait()
	}()
	runtime.GC() // what the round before has left behind
	r, err := s.run(ctx, p.kit(b.address), o, b.clocks)
	if err != nil && b.log.Len() > 0 {
		err = fmt.Errorf("%w; the broker said:\n%s", err, &b.log)
	}
	return r, err
}

// broker is a running program.
type broker struct {
	process *exec.Cmd
	address string
	log     bytes.Buffer // read once the process is gone or in trouble
}

// start starts the program, which ends with ctx, and waits until it listens.
func (p *program) start(ctx context.Context) (*broker, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	b := &broker{address: net.JoinHostPort("127.0.0.1", port)}
	b.process = exec.CommandContext(ctx, p.path, p.serve(port)...)
	b.process.Stdout, b.process.Stderr = &b.log, &b.log
	if err := b.process.Start(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	tick := time.NewTicker(retry)
	defer tick.Stop()
	for {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", b.address)
		if err == nil {
			return b, c.Close()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			_ = b.process.Process.Kill()
			_ = b.process.Wait()
			return nil, fmt.Errorf("busrt: %s does not listen: %w\n%s", p.name, err, &b.log)
		}
	}
}

// freePort is a TCP port that was free a moment ago; not every broker can be
// asked to choose one.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return "", err
	}
	return port, l.Close()
}

// clocks is the time, and the processor time of the broker and of its clients.
type clocks struct {
	time        time.Time
	broker, own time.Duration
}

func (b *broker) clocks() (c clocks, err error) {
	if c.broker, err = cputime.Of(b.process.Process.Pid); err != nil {
		return c, err
	}
	c.own, err = cputime.Of(os.Getpid())
	c.time = time.Now()
	return c, err
}
