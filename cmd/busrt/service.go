package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// service is a broker with its listeners, from start to end.
type service struct {
	options *serverOptions
	log     *slog.Logger
	group   *listeners.Group
	listens listeners.ListenOptions
	fatal   chan error // what the loops cannot go on after, at most once
}

// serve runs a broker until a signal, the end of ctx, or a failure ends it.
func serve(ctx context.Context, o *serverOptions, log *slog.Logger) (err error) {
	signal.Ignore(syscall.SIGPIPE) // a log that nobody reads any more is no reason to die
	stop, abort, release := watchSignals(ctx)
	defer release()

	s := &service{options: o, log: log, fatal: make(chan error, 1)}
	s.logOptions()
	if o.pidFile != "" {
		var pid *pidFile
		if pid, err = createPidFile(o.pidFile); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, pid.remove()) }()
		log.Info("created pid file " + o.pidFile)
	}
	if err := s.open(); err != nil {
		return err
	}
	err = s.listen(stop)
	switch {
	case stop.Err() != nil: // the look-up of a host was cut short, if anything
		err = nil
	case err == nil:
		log.Info("BUS/RT broker started")
		err = s.wait(stop)
	}
	return errors.Join(err, s.close(abort))
}

// logOptions logs what the broker is about to run with, in the words of the
// reference, which scripts may look for.
func (s *service) logOptions() {
	o := s.options
	for _, line := range []string{
		"starting BUS/RT server",
		fmt.Sprintf("workers: %d", o.loops),
		fmt.Sprintf("buf size: %d", o.bufSize),
		fmt.Sprintf("buf ttl: %v", time.Duration(o.bufTTL)*time.Microsecond),
		fmt.Sprintf("queue size: %d", o.queueFrames),
		fmt.Sprintf("timeout: %v", o.timeout),
	} {
		s.log.Info(line)
	}
}

// open makes the broker and its loops.
func (s *service) open() (err error) {
	if s.listens, err = s.options.forAddresses(); err != nil {
		return err
	}
	if !s.options.binds("tls:", "ws://", "wss://") { // their goroutines want a processor of their own
		useProcessors(s.options.loops)
	}
	s.log.Debug("processors", "GOMAXPROCS", runtime.GOMAXPROCS(0))
	broker, err := engine.New(s.options.forEngine(s.log))
	if err != nil {
		return err
	}
	broker.InitCoreRPC()
	o := s.options.forListeners(s.log)
	o.OnFatal = func(err error) { s.fatal <- err }
	s.group, err = listeners.New(broker, o)
	return err
}

// useProcessors lowers GOMAXPROCS to the number of loops: the poller yields
// after each empty poll, which would wake idle Ps for nothing. Whoever sets the
// environment variable knows better.
func useProcessors(loops int) {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(loops)
	}
}

// listen binds at all addresses, or none that lasts.
func (s *service) listen(ctx context.Context) error {
	for _, bind := range s.options.bind {
		s.log.Info("binding at " + bind)
		addr, err := s.group.Listen(ctx, bind, s.listens)
		if err != nil {
			return err
		}
		if addr.Network() == "tcp" && !strings.HasSuffix(bind, addr.String()) { // port 0, or a name
			s.log.Info("listening", "bind", bind, "address", addr.String())
		}
	}
	return nil
}

// wait returns when the broker is to end; loops that failed are an error.
func (s *service) wait(stop context.Context) error {
	select {
	case err := <-s.fatal:
		return bugErrorf("%w", err)
	case <-stop.Done():
		level := slog.LevelInfo
		if errors.Is(context.Cause(stop), signalError{syscall.SIGINT}) {
			level = slog.LevelDebug // whoever pressed the key knows
		}
		s.log.Log(stop, level, "terminating")
		return nil
	}
}

// close ends all clients and removes what the listeners made. Clients have the
// timeout to take what is queued for them, but no longer than until abort.
func (s *service) close(abort context.Context) error {
	ctx, cancel := context.WithTimeout(abort, s.options.timeout)
	defer cancel()
	err := s.group.Shutdown(ctx)
	switch {
	case abort.Err() != nil:
		return context.Cause(abort)
	case errors.Is(err, context.DeadlineExceeded):
		s.log.Warn("clients did not take all that was queued for them", "error", err)
		return nil
	}
	return err
}
