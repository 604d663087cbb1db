package bustest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// patience is how long anything here may take.
const patience = 20 * time.Second

// Broker is a broker that ends with its test. Make one with [NewBroker] or
// [Options.NewBroker].
type Broker struct {
	tb      testing.TB
	options Options
	bind    string // where it listens, each time the same

	broker *engine.Broker
	group  *listeners.Group // nil: stopped
}

// NewBroker starts a broker on a unix socket. At the end of the test it is shut
// down and its socket removed.
func NewBroker(tb testing.TB) *Broker {
	tb.Helper()
	return Options{}.NewBroker(tb)
}

func newBroker(tb testing.TB, o Options) *Broker {
	tb.Helper()
	if o.Leaks {
		findLeaks(tb)
	}
	b := &Broker{tb: tb, options: o, bind: "127.0.0.1:0"}
	if o.Network == Unix {
		b.bind = filepath.Join(shortDir(tb), "bus.sock")
	}
	tb.Cleanup(b.Stop)
	b.start()
	return b
}

// Address is where clients connect, as client.Dial and the programs of other
// languages take it: a path, or 127.0.0.1 and a port. It stays the same over
// [Broker.Restart].
func (b *Broker) Address() string { return b.bind }

// Broker is the broker itself, to look at or to send from. A restart makes
// another one.
func (b *Broker) Broker() *engine.Broker { return b.broker }

// Client connects a client of that name, which the end of the test closes. If
// it is refused, or does not get through, the test ends.
func (b *Broker) Client(name string) *client.Client {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := client.Dial(ctx, b.bind, client.Options{Name: name, Timeout: patience})
	if err != nil {
		b.tb.Fatal(err)
	}
	b.tb.Cleanup(func() { _ = c.Close() })
	return c
}

// Stop shuts the broker down, as a signal does the stand-alone one: clients get
// the notice on `.broker/warn` [BUSRT-A2] and what is queued for them, then
// their connections end, and nobody listens any more. A second time it does
// nothing.
func (b *Broker) Stop() {
	b.tb.Helper()
	if b.group == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := b.group.Shutdown(ctx)
	b.group = nil
	if err != nil {
		b.tb.Errorf("busrt: shutdown of the test broker: %v", err)
	}
	if b.options.Network == Unix {
		if _, err := os.Lstat(b.bind); !errors.Is(err, fs.ErrNotExist) {
			b.tb.Errorf("busrt: the socket of the test broker is left: %v", err)
		}
	}
}

// Restart stops the broker, if it runs, and starts another one at the same
// address. Nobody is connected to it, and its counters are 0.
func (b *Broker) Restart() {
	b.tb.Helper()
	b.Stop()
	b.start()
}

func (b *Broker) start() {
	b.tb.Helper()
	broker, err := engine.New(b.options.Engine)
	if err != nil {
		b.tb.Fatal(err)
	}
	if !b.options.Bare {
		broker.InitCoreRPC()
	}
	group, err := listeners.New(broker, b.options.Listeners)
	if err != nil {
		b.tb.Fatal(err)
	}
	b.broker, b.group = broker, group
	at, err := group.Listen(context.Background(), b.bind, listeners.ListenOptions{})
	if err != nil {
		b.tb.Fatal(err)
	}
	b.bind = at.String() // with the port that was taken
}

// maxPath is how long the path of a unix socket may be on every system.
const maxPath = 103

// shortDir makes a directory for a socket, of which only the user knows. That
// of tb.TempDir may be too long for it: the name of the test is a part.
func shortDir(tb testing.TB) string {
	tb.Helper()
	parent := os.TempDir()
	if len(parent)+len("/bustest4294967295/bus.sock") > maxPath {
		parent = "/tmp"
	}
	dir, err := os.MkdirTemp(parent, "bustest") //nolint:usetesting // tb.TempDir is the one that may be too long
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			tb.Error(err)
		}
	})
	return dir
}
