// Package brokertest runs a broker for the tests of its clients: the engine and
// the listeners as they are, on a socket of its own. Everything may be called by
// the goroutine of the test. No slices.
package brokertest

import (
	"context"
	"crypto/tls"
	"path/filepath"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/internal/certtest"
	"github.com/busrt-go/busrt/listeners"
)

// Networks are what [Serve] can listen on.
var Networks = []string{"unix", "tcp", "tls", "ws", "wss"}

// Broker is a broker with its core RPC that listens on one address.
type Broker struct {
	*engine.Broker
	Address string      // as clients dial it
	TLS     *tls.Config // for clients of tls and wss

	options engine.Options
	listen  listeners.ListenOptions
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
	switch network {
	case "unix":
		b.Address = filepath.Join(tb.TempDir(), "bus.sock")
	case "tls", "ws", "wss":
		b.Address = network + "://" + b.Address
		ca := certtest.New(tb)
		b.listen.TLS, b.TLS = ca.Server(), ca.Client()
	}
	tb.Cleanup(func() { b.Stop(tb) })
	b.Start(tb)
	return b
}

// Listen adds an address, and gives it as clients dial it.
func (b *Broker) Listen(tb testing.TB, bind string, o listeners.ListenOptions) (address string) {
	tb.Helper()
	address, err := b.bind(bind, o)
	Check(tb, err)
	return address
}

func (b *Broker) bind(bind string, o listeners.ListenOptions) (address string, err error) {
	at, err := b.group.Listen(context.Background(), bind, o)
	if err != nil {
		return "", err
	}
	if scheme, _, ok := strings.Cut(bind, "://"); ok {
		return scheme + "://" + at.String(), nil
	}
	return at.String(), nil
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
	at, err := b.bind(b.Address, b.listen)
	if err == nil {
		b.Address = at
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
