package bustest

import (
	"fmt"
	"testing"
	"time"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// DefaultTimeout is long enough for clients on a busy machine.
const DefaultTimeout = 5 * time.Second

// What [Options.Network] may be.
const (
	Unix = "unix"
	TCP  = "tcp"
)

// Options of a broker for a test. The zero value of each field is its default.
type Options struct {
	// Network is [Unix], which is the default, or [TCP].
	Network string

	// Bare leaves the broker without its own client: nobody answers calls to
	// `.broker`, nothing is announced.
	Bare bool

	// Leaks fails the test for each goroutine and descriptor that it leaves
	// behind, the program under test included. It counts for the process: not
	// for tests that run in parallel.
	Leaks bool

	// Engine and Listeners are the broker's own. Engine.Timeout is 5 s by
	// default.
	Engine    engine.Options
	Listeners listeners.Options
}

// NewBroker starts a broker with the options; see the function of that name.
func (o Options) NewBroker(tb testing.TB) *Broker {
	tb.Helper()
	o = o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		tb.Fatal(err)
	}
	return newBroker(tb, o)
}

// EnsureDefaults returns o with its zero fields filled in, but for those that
// engine and listeners fill in.
func (o Options) EnsureDefaults() Options {
	if o.Network == "" {
		o.Network = Unix
	}
	if o.Engine.Timeout == 0 {
		o.Engine.Timeout = DefaultTimeout
	}
	return o
}

// Validate reports a network that there is not. What else cannot work, the
// broker reports when it starts.
func (o Options) Validate() error {
	if o.Network != Unix && o.Network != TCP {
		return fmt.Errorf("busrt: a test broker on network %q: want %s or %s", o.Network, Unix, TCP)
	}
	return nil
}
