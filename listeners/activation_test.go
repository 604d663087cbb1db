package listeners

import (
	"net"
	"os"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/engine"
)

// TestInheritedSocket: a listening socket of somebody else is served, and stays
// when the broker goes. What is no such socket is refused. That the service
// manager's sockets are found is for a test of the program.
func TestInheritedSocket(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			b := serve(t, networkUnix, engine.Options{}, Options{Loops: 1})
			at := "127.0.0.1:0"
			if network == networkUnix {
				at = t.TempDir() + "/inherited.sock"
			}
			ln, err := net.Listen(network, at)
			check(t, err)
			defer func() { _ = ln.Close() }()
			f, err := ln.(interface{ File() (*os.File, error) }).File()
			check(t, err)
			defer func() { _ = f.Close() }()
			got, err := b.listenFile("fd:", f, ListenOptions{}.settings())
			check(t, err)
			if got.Network() != network || got.String() != ln.Addr().String() {
				t.Errorf("at %v, want %v", got, ln.Addr())
			}
			x := connect(t, ln.Addr(), "x")
			if i := clientInfo(t, x, "x"); *i.Port != "fd:" {
				t.Errorf("port %q", *i.Port)
			}
			check(t, b.Shutdown(t.Context()))
			c, err := net.Dial(network, ln.Addr().String())
			check(t, err)
			check(t, c.Close())
		})
	}
	b := serve(t, networkUnix, engine.Options{}, Options{Loops: 1})
	f, err := os.Open(os.DevNull)
	check(t, err)
	defer func() { _ = f.Close() }()
	if _, err := b.listenFile("fd:", f, ListenOptions{}.settings()); err == nil || !strings.HasPrefix(err.Error(), `busrt: bind "fd:": `) {
		t.Errorf("a file: %v", err)
	}
	c, s, err := socketpair()
	check(t, err)
	defer func() { _, _ = c.Close(), s.Close() }()
	connected, err := c.(*net.UnixConn).File()
	check(t, err)
	defer func() { _ = connected.Close() }()
	if _, err := b.listenFile("fd:", connected, ListenOptions{}.settings()); err == nil || !strings.Contains(err.Error(), "not a listening socket") {
		t.Errorf("a connection: %v", err)
	}
	if _, err := b.Listen(t.Context(), "fd:", ListenOptions{}); err == nil || !strings.Contains(err.Error(), "LISTEN_FDS") {
		t.Errorf("no sockets: %v", err)
	}
}
