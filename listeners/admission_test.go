package listeners

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// Connections up to the limit are served; the next one waits until one of them
// ends, and those that are there go on.
//
// Mutants it fails with: room off by one; rest that is not told the reason.
func TestMaxConnections(t *testing.T) {
	const limit = 3
	for _, network := range append([]string{networkTLS, networkWS}, networks...) {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{}, Options{Loops: 2, MaxConnections: limit})
			var clients []*client
			for i := range limit {
				clients = append(clients, connect(t, b.at, fmt.Sprint("c", i)))
			}
			before := b.Stats().Waits // it has looked for more already
			dialed := make(chan net.Conn, 1)
			go func() { // for TLS and HTTP more than the kernel's business
				c, err := open(t.Context(), b.at)
				if err != nil {
					t.Error(err)
				}
				dialed <- c
			}()
			eventually(t, "waits of the fourth", func() bool { return b.Stats().Waits > before+3 })
			if n := b.broker.Connections(); n != limit {
				t.Errorf("%d connections", n)
			}
			clients[0].message("c1", "hello")
			clients[1].got(codec.KindMessage, "c0", "", "hello")
			check(t, clients[0].Close())
			c := <-dialed
			if c == nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
			if code := wired(t, c).hello("more"); code != codec.OK {
				t.Errorf("refused: %v", code)
			}
		})
	}
}

// One user or address may have so many connections; a further one is closed
// without a byte, until one of them ends.
func TestPeerConnections(t *testing.T) {
	const limit = 2
	for _, network := range append([]string{networkTLS, networkWS}, networks...) {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{}, Options{Loops: 2, PeerConnections: limit})
			first := connect(t, b.at, "first")
			connect(t, b.at, "second")
			dial(t, b.at).ended()
			eventually(t, "one refused for it", func() bool { // streams close first, and say why then
				return b.broker.Stats().Ended["too many connections of one peer"] == 1
			})
			check(t, first.Close())
			eventually(t, "one connection", func() bool { return b.broker.Connections() == 1 })
			connect(t, b.at, "third")
		})
	}
}

// A peer may connect so often a second, and is forgotten when it does not.
//
// Mutants it fails with: a burst off by one; a sweep that takes who is limited.
func TestConnectRate(t *testing.T) {
	const limit = 5
	synctest.Test(t, func(t *testing.T) {
		b, err := engine.New(engine.Options{})
		check(t, err)
		a := newAdmission(b, Options{ConnectRate: limit}.EnsureDefaults())
		who := engine.Identity{UID: 7}
		try := func(want bool) {
			t.Helper()
			v, why, ok := a.enter(who)
			if ok != want || !ok && why != engine.RefusedConnectRate {
				t.Fatalf("%t for %d, want %t", ok, why, want)
			}
			if ok {
				a.leave(v)
			}
		}
		for range limit {
			try(true)
		}
		try(false)
		if _, _, ok := a.enter(engine.Identity{UID: 8}); !ok {
			t.Error("another is refused as well")
		}
		for i := range 3 * firstSweep { // others make it look who can be forgotten
			at := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
			v, _, _ := a.enter(engine.Identity{Addr: at})
			a.leave(v)
		}
		try(false)
		time.Sleep(time.Second) //nolint:forbidigo // the bubble's clock
		for range limit {
			try(true)
		}
		try(false)
		time.Sleep(time.Second) //nolint:forbidigo // the bubble's clock
		a.mu.sweepAt = 1
		a.sweepLocked(time.Now())
		if n := len(a.mu.visitors); n != 1 { // the one of UID 8 that is still there
			t.Errorf("%d visitors are remembered", n)
		}
	})
}

// Beyond the handshakes that may be under way connections wait, until one of
// those ends, or the oldest is a second old.
//
// Mutant it fails with: rest that does not hurry, if slowly.
func TestHandshakesWait(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{MaxHandshakes: 2}, Options{Loops: 2})
			begun := time.Now()
			first, second := dial(t, b.at), dial(t, b.at)
			first.bytes(codec.Greeting[:]...)
			second.bytes(codec.Greeting[:]...)
			third, fourth := dial(t, b.at), dial(t, b.at)
			eventually(t, "a wait", func() bool { return b.Stats().Waits > 0 })
			second.send(codec.AppendHello(codec.Greeting[:], "second"))
			second.bytes(byte(codec.OK), byte(codec.OK))
			if code := third.hello("third"); code != codec.OK {
				t.Errorf("the third is refused: %v", code)
			}
			fifth := dial(t, b.at)
			fourth.bytes(codec.Greeting[:]...)
			fifth.bytes(codec.Greeting[:]...) // first has made room
			if d := time.Since(begun); d < time.Second {
				t.Errorf("a place was free after %v", d)
			}
			first.ended()
			if n := b.broker.Stats().Ended["made room for another handshake"]; n != 1 {
				t.Errorf("%d evicted", n)
			}
		})
	}
}

func TestAdmissionOptions(t *testing.T) {
	for _, o := range []Options{{MaxConnections: -1}, {PeerConnections: -1}, {ConnectRate: -1}} {
		if err := o.EnsureDefaults().Validate(); err == nil {
			t.Errorf("%+v is valid", o)
		}
	}
	if n := (Options{}).EnsureDefaults().MaxConnections; n != maxConnections() || n < 1 {
		t.Errorf("%d connections by default", n)
	}
}
