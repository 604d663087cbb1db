package brokertest

import (
	"runtime"
	"testing"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/engine"
)

// kinds are the ways in which the clients of one broker may come: whether the
// n-th is in-process.
var kinds = map[string]func(n int) bool{
	"in-process":          func(int) bool { return true },
	"unix and in-process": func(n int) bool { return n%2 == 1 },
}

// OverAll is [Over], and runs test further with a broker whose clients, as
// [Broker.Connect] makes them, are in-process, and with one where every other is.
func OverAll(t *testing.T, o engine.Options, test func(t *testing.T, b *Broker)) {
	t.Helper()
	Over(t, o, test)
	for name, inside := range kinds {
		t.Run(name, func(t *testing.T) {
			b := Serve(t, "unix", o)
			b.inside = inside
			test(t, b)
		})
	}
}

// Connect makes the broker's next client. Options other than the name are for
// one over a socket.
func (b *Broker) Connect(tb testing.TB, o client.Options) (client.Bus, error) {
	tb.Helper()
	b.clients++
	if b.inside != nil && b.inside(b.clients) {
		c, err := b.Register(Within(tb), o.Name, engine.ClientOptions{})
		if err != nil {
			return nil, err
		}
		return c, nil
	}
	c, err := client.Dial(Within(tb), b.Address, b.Trusted(o))
	if err != nil {
		return nil, err
	}
	return c, nil
}

// AwaitGone waits until no client has the name any more: over WebSocket a client
// that has closed may be registered for a moment.
func (b *Broker) AwaitGone(tb testing.TB, name string) {
	tb.Helper()
	for ctx := Within(tb); b.Registered(name); runtime.Gosched() {
		if ctx.Err() != nil {
			tb.Fatalf("%s is still there", name)
		}
	}
}

// Trusted is o with what a client needs to trust the broker.
func (b *Broker) Trusted(o client.Options) client.Options {
	if o.TLS == nil {
		o.TLS = b.TLS
	}
	return o
}

// Secondary makes a secondary of c, of its kind.
func Secondary(tb testing.TB, c client.Bus) (client.Bus, error) {
	tb.Helper()
	if c, local := c.(*engine.Client); local {
		s, err := c.Secondary(Within(tb))
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	s, err := c.(*client.Client).Secondary(Within(tb))
	if err != nil {
		return nil, err
	}
	return s, nil
}
