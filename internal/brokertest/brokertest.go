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
	"time"

	"go.uber.org/goleak"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/internal/certtest"
	"github.com/busrt-go/busrt/listeners"
)

// Networks are what [Serve] can listen on.
var Networks = []string{"unix", "tcp", "tls", "ws", "wss"}

// patience is how long a shutdown may take.
const patience = 20 * time.Second

// Broker is a broker with its core RPC that listens on one address.
type Broker struct {
	*engine.Broker
	Address string      // as clients dial it
	TLS     *tls.Config // for clients of tls and wss

	group *listeners.Group
}

// Serve starts a broker. At the end of the test it is shut down, and no
// goroutine that came after Serve may be left.
func Serve(tb testing.TB, network string, o engine.Options) *Broker {
	tb.Helper()
	ignored := goleak.IgnoreCurrent()
	e, err := engine.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	e.InitCoreRPC()
	group, err := listeners.New(e, listeners.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	b := &Broker{Broker: e, group: group}
	tb.Cleanup(func() {
		b.Stop(tb)
		goleak.VerifyNone(tb, ignored)
	})
	bind, scheme := "127.0.0.1:0", ""
	var lo listeners.ListenOptions
	switch network {
	case "unix":
		bind = filepath.Join(tb.TempDir(), "bus.sock")
	case "tls", "ws", "wss":
		scheme = network + "://"
		ca := certtest.New(tb)
		lo.TLS, b.TLS = ca.Server(), ca.Client()
	}
	b.Address = b.Listen(tb, scheme+bind, lo)
	return b
}

// Listen adds an address, and gives it as clients dial it.
func (b *Broker) Listen(tb testing.TB, bind string, o listeners.ListenOptions) (address string) {
	tb.Helper()
	at, err := b.group.Listen(context.Background(), bind, o)
	if err != nil {
		tb.Fatal(err)
	}
	scheme, _, ok := strings.Cut(bind, "://")
	if !ok {
		return at.String()
	}
	return scheme + "://" + at.String()
}

// Stop shuts the broker down, as a signal would; a second time it does nothing.
func (b *Broker) Stop(tb testing.TB) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := b.group.Shutdown(ctx); err != nil {
		tb.Errorf("shutdown: %v", err)
	}
}
