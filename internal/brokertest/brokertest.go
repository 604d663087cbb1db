// Package brokertest runs a broker for the tests of its clients: the engine and
// the listeners as they are, on a socket of its own. Everything may be called by
// the goroutine of the test. No slices.
package brokertest

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// Networks are what [Serve] can listen on.
var Networks = []string{"unix", "tcp"}

// patience is how long a shutdown may take.
const patience = 20 * time.Second

// Broker is a broker with its core RPC that listens on one address.
type Broker struct {
	*engine.Broker
	Address string // as clients dial it

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
	bind := "127.0.0.1:0"
	if network == "unix" {
		bind = filepath.Join(tb.TempDir(), "bus.sock")
	}
	at, err := group.Listen(context.Background(), bind, listeners.ListenOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	b.Address = at.String()
	return b
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
