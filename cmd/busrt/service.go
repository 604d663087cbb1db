package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/busrt-go/busrt/cmd/busrt/internal/admin"
	"github.com/busrt-go/busrt/cmd/busrt/internal/config"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// service is a broker with its listeners, from start to end.
type service struct {
	options *serverOptions
	loader  *config.Loader
	stderr  io.Writer

	log       *slog.Logger
	level     slog.LevelVar
	started   *config.Config // what the broker was made with
	access    *engine.AAAMap // what [clients] says
	addresses []*address
	broker    *engine.Broker
	group     *listeners.Group
	admin     *admin.Server // nil without
	ready     atomic.Bool
	fatal     chan error // what the loops cannot go on after, at most once

	mu struct {
		sync.Mutex
		config *config.Config // what is in effect
	}
}

// configure reads the configuration and makes the logger that it wants.
func (s *service) configure(fallback bool) error {
	c, err := loadConfig(s.loader, fallback)
	if err != nil {
		return err
	}
	s.started, s.mu.config = c, c
	s.level.Set(c.Level())
	return nil
}

// serve runs a broker until a signal, the end of ctx, or a failure ends it.
func (s *service) serve(ctx context.Context) (err error) {
	signal.Ignore(syscall.SIGPIPE) // a log that nobody reads any more is no reason to die
	stop, abort, release := watchSignals(ctx)
	defer release()
	orders, ignore := watchOrders()
	defer ignore()

	if s.log == nil {
		s.log = newServerLog(s.stderr, s.started.Log, &s.level)
	}
	s.access, s.fatal = engine.NewAAAMap(), make(chan error, 1)
	s.logOptions()
	if path := s.started.Broker.PIDFile; path != "" {
		var pid *pidFile
		if pid, err = createPidFile(path); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, pid.remove()) }()
		s.log.Info("created pid file " + path)
	}
	if err := s.open(); err != nil {
		return err
	}
	err = s.listen(stop)
	switch {
	case stop.Err() != nil: // the look-up of a host was cut short, if anything
		err = nil
	case err == nil:
		s.ready.Store(true) // before the log says so: who reads it may ask at once
		s.log.Info("BUS/RT broker started")
		started()
		go s.watchdog(stop)
		notify(notifyReady)
		err = s.wait(stop, orders)
	}
	return errors.Join(err, s.close(abort))
}

// logOptions logs what the broker is about to run with, in the words of the
// reference, which scripts may look for.
func (s *service) logOptions() {
	b := s.started.Broker
	for _, line := range []string{
		"starting BUS/RT server",
		fmt.Sprintf("workers: %d", b.Loops),
		fmt.Sprintf("buf size: %d", s.options.bufSize),
		fmt.Sprintf("buf ttl: %dµs", s.options.bufTTL),
		fmt.Sprintf("queue size: %d", b.QueueFrames),
		fmt.Sprintf("timeout: %v", b.Timeout),
	} {
		s.log.Info(line)
	}
}

// open makes the broker and its loops.
func (s *service) open() (err error) {
	c := s.started
	c.Fill(s.access)
	streams := c.Admin.Listen != ""
	for i := range c.Listen {
		a, err := newAddress(&c.Listen[i])
		if err != nil {
			return err
		}
		s.addresses = append(s.addresses, a)
		streams = streams || c.Listen[i].Streams()
	}
	if !streams { // their goroutines want a processor of their own
		useProcessors(c.Broker.Loops)
	}
	s.log.Debug("processors", "GOMAXPROCS", runtime.GOMAXPROCS(0))
	o := c.Engine()
	o.Version, o.Logger = version(), s.log
	if s.broker, err = engine.New(o); err != nil {
		return err
	}
	s.broker.InitCoreRPC()
	if err := s.broker.Handle(reloadMethod, s.answerReload); err != nil {
		return err
	}
	l := c.Listeners()
	l.Logger, l.OnFatal = s.log, func(err error) { s.fatal <- err }
	s.group, err = listeners.New(s.broker, l)
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
	if err := s.openAdmin(ctx); err != nil {
		return err
	}
	for i, a := range s.addresses {
		l := &s.started.Listen[i]
		s.log.Info("binding at " + l.URL)
		if l.URL == systemSocket {
			_ = os.Mkdir(filepath.Dir(systemSocket), 0o755) //nolint:gosec // clients have to get there; an error shows when it is bound
		}
		addr, err := s.group.Listen(ctx, l.URL, a.options(s.started, l, s))
		if err != nil {
			return err
		}
		if addr.Network() == "tcp" && !strings.HasSuffix(l.URL, addr.String()) { // port 0, or a name
			s.log.Info("listening", "bind", l.URL, "address", addr.String())
		}
	}
	return nil
}

// openAdmin opens the address of metrics and health checks, if there is one.
func (s *service) openAdmin(ctx context.Context) (err error) {
	c := s.started
	if c.Admin.Listen == "" {
		return nil
	}
	s.admin, err = admin.Listen(ctx, admin.Options{
		Address: c.Admin.Listen, Mode: c.Admin.Mode.FileMode, Pprof: c.Admin.Pprof, Metrics: c.Metrics.Enabled,
		ClientSeries: func() int { return s.current().Metrics.Clients },
		Broker:       s.broker, Lag: s.group.Lag, Ready: s.ready.Load,
		Version: version(), Logger: s.log,
	})
	if err == nil {
		s.log.Info("admin address", "address", s.admin.Addr().String())
	}
	return err
}

// current is the configuration that is in effect.
func (s *service) current() *config.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.config
}

// wait returns when the broker is to end, and does what signals want until then;
// loops that failed are an error.
func (s *service) wait(stop context.Context, orders <-chan os.Signal) error {
	drained := make(chan struct{})
	for {
		select {
		case err := <-s.fatal:
			return bugErrorf("%w", err)
		case <-drained:
			s.log.Info("all clients have left")
			return nil
		case sig := <-orders:
			s.obey(stop, sig, drained)
		case <-stop.Done():
			level := slog.LevelInfo
			if errors.Is(context.Cause(stop), signalError{syscall.SIGINT}) {
				level = slog.LevelDebug // whoever pressed the key knows
			}
			s.log.Log(stop, level, "terminating")
			return nil
		}
	}
}

// obey does what a signal wants that does not end the broker at once.
func (s *service) obey(stop context.Context, sig os.Signal, drained chan<- struct{}) {
	switch sig {
	case syscall.SIGHUP:
		_, _ = s.reload(stop, false) // it is logged
	case syscall.SIGUSR1:
		s.logState()
	case syscall.SIGUSR2:
		if !s.ready.Swap(false) {
			return
		}
		s.log.Info("draining", "clients", s.broker.Stats().Connections)
		go func() {
			if err := s.group.Drain(stop); err != nil && stop.Err() == nil {
				s.log.Error("draining failed", "error", err)
			}
			if stop.Err() == nil {
				close(drained)
			}
		}()
	}
}

// close ends all clients and removes what the listeners made. Clients have the
// timeout to take what is queued for them, but no longer than until abort.
func (s *service) close(abort context.Context) error {
	s.ready.Store(false)
	notify(notifyStopping)
	ctx, cancel := context.WithTimeout(abort, s.started.Broker.Timeout.Duration)
	defer cancel()
	err := s.group.Shutdown(ctx)
	if s.admin != nil {
		err = errors.Join(err, s.admin.Close())
	}
	switch {
	case abort.Err() != nil:
		return context.Cause(abort)
	case errors.Is(err, context.DeadlineExceeded):
		s.log.Warn("clients did not take all that was queued for them", "error", err)
		return nil
	}
	return err
}
