// Package brokertest runs a broker for the tests of its clients: the engine and
// the listeners as they are, on a socket of its own. Everything may be called by
// the goroutine of the test. No slices.
package brokertest

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// Networks are what [Serve] can listen on.
var Networks = []string{"unix", "tcp"}

// Broker is a broker with its core RPC that listens on one address.
type Broker struct {
	*engine.Broker
	Address string // as clients dial it

	options engine.Options
	group   *listeners.Group

	inside  func(n int) bool // nil: no client is in-process
	clients int
}

// Serve starts a broker. At the end of the test it is shut down, and no
// goroutine that came after Serve may be left.
func Serve(tb testing.TB, network string, o engine.Options) *Broker {
	tb.Helper()
	LeakFree(tb)
	b := &Broker{options: o, Address: "127.0.0.1:0"}
	if network == "unix" {
		b.Address = filepath.Join(tb.TempDir(), "bus.sock")
	}
	tb.Cleanup(func() { b.Stop(tb) })
	b.Start(tb)
	return b
}

// Over runs test with a broker on each of [Networks].
func Over(t *testing.T, o engine.Options, test func(t *testing.T, b *Broker)) {
	t.Helper()
	for _, network := range Networks {
		t.Run(network, func(t *testing.T) { test(t, Serve(t, network, o)) })
	}
}

// Start starts a broker after Stop, another one with the same options, on the
// same address.
func (b *Broker) Start(tb testing.TB) {
	tb.Helper()
	Check(tb, b.start())
}

func (b *Broker) start() (err error) {
	if b.Broker, err = engine.New(b.options); err != nil {
		return err
	}
	b.InitCoreRPC()
	if b.group, err = listeners.New(b.Broker, listeners.Options{}); err != nil {
		return err
	}
	at, err := b.group.Listen(context.Background(), b.Address, listeners.ListenOptions{})
	if err == nil {
		b.Address = at.String()
	}
	return err
}

// Stop shuts the broker down, as a signal would; a second time it does nothing.
func (b *Broker) Stop(tb testing.TB) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	if err := b.group.Shutdown(ctx); err != nil {
		tb.Errorf("shutdown: %v", err)
	}
}

// ForExample starts a broker for an example, which stops it with stop, and can
// start it again on its address with restart.
func ForExample() (address string, stop, restart func()) {
	b := &Broker{Address: "127.0.0.1:0"}
	restart = func() {
		if err := b.start(); err != nil {
			panic(err)
		}
	}
	stop = func() {
		if err := b.group.Shutdown(context.Background()); err != nil {
			panic(err)
		}
	}
	restart()
	return b.Address, stop, restart
}
