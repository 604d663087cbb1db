package client_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// [section 13: Address rule]
func TestAddressRule(t *testing.T) {
	tests := []struct {
		address, network string
		fault            string // in the error
		at               string // if not the address
	}{
		{"/run/bus", "unix", "", ""},
		{"bus.sock", "unix", "", ""},
		{"run/bus.socket", "unix", "", ""},
		{"bus.ipc", "unix", "", ""},
		{"unix:bus", "unix", "", "bus"},
		{"unix:///run/bus", "unix", "", "/run/bus"},
		{"localhost:7777", "tcp", "", ""},
		{"[::1]:7777", "tcp", "", ""},
		{"tcp://localhost:7777", "tcp", "", "localhost:7777"},
		{"tls://localhost:7777", "tcp", "", "localhost:7777"},
		{"ws://localhost:7777/x.sock", "tcp", "", "localhost:7777"},
		{"ws://localhost", "tcp", "", "localhost:80"},
		{"wss://[::1]/bus", "tcp", "", "[::1]:443"},
		{"localhost", "", "neither", ""},
		{"::1:7777", "", "neither", ""},
		{"tls://localhost", "", "neither", ""},
		{"", "", "neither", ""},
		{"unix:", "", "a path is missing", ""},
		{"ws://", "", "is not SCHEME", ""},
		{"ws://user@localhost", "", "is not SCHEME", ""},
	}
	for _, tt := range tests {
		var network, address string
		stop := errors.New("dialed")
		_, err := client.Dial(t.Context(), tt.address, client.Options{
			Name: "alice",
			Dialer: func(_ context.Context, n, a string) (net.Conn, error) {
				network, address = n, a
				return nil, stop
			},
		})
		if tt.fault != "" {
			if err == nil || !strings.Contains(err.Error(), tt.fault) {
				t.Errorf("%q: error %v, want one with %q", tt.address, err, tt.fault)
			}
			continue
		}
		if tt.at == "" {
			tt.at = tt.address
		}
		if !errors.Is(err, stop) || network != tt.network || address != tt.at {
			t.Errorf("%q: dialed %s %q: %v", tt.address, network, address, err)
		}
	}
}

func TestOptions(t *testing.T) {
	tests := []struct {
		name string
		o    client.Options
		ok   bool
	}{
		{"name only", client.Options{Name: "a"}, true},
		{"no name", client.Options{}, false},
		{"name not text [BUSRT-H4]", client.Options{Name: "\xFF"}, false},
		{"name too long for its length", client.Options{Name: strings.Repeat("a", 1<<16)}, false},
		{"negative timeout", client.Options{Name: "a", Timeout: -1}, false},
		{"negative buffer", client.Options{Name: "a", BufferSize: -1}, false},
		{"negative queue", client.Options{Name: "a", QueueSize: -1}, false},
		{"negative frames", client.Options{Name: "a", MaxFrame: -1}, false},
		{"frames that no header can announce", client.Options{Name: "a", MaxFrame: math.MaxInt}, false},
		{"no timers", client.Options{Name: "a", Silence: -1, PingInterval: -1, BufferTTL: -1}, true},
	}
	for _, tt := range tests {
		if err := tt.o.EnsureDefaults().Validate(); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// The faults of a handshake; each ends in a typed error, in time.
func TestHandshakeFaults(t *testing.T) {
	refusal := func(code codec.Status) func(p *peer) {
		return func(p *peer) {
			p.send(codec.Greeting[:])
			p.take(3)
			p.send([]byte{byte(codec.OK)})
			p.take(2 + len("alice"))
			p.send([]byte{byte(code)})
		}
	}
	tests := []struct {
		name    string
		script  func(p *peer)
		want    error
		refused bool
	}{
		{"no greeting", func(p *peer) { p.hangUp() }, context.DeadlineExceeded, false},
		{"half a greeting", func(p *peer) { p.send(codec.Greeting[:2]); p.hangUp() }, context.DeadlineExceeded, false},
		{"no answer to the greeting", func(p *peer) { p.send(codec.Greeting[:]); p.hangUp() }, context.DeadlineExceeded, false},
		{"no answer to the hello", func(p *peer) {
			p.send(codec.Greeting[:])
			p.take(3)
			p.send([]byte{byte(codec.OK)})
			p.hangUp()
		}, context.DeadlineExceeded, false},
		{"closed at once", func(*peer) {}, io.EOF, false},
		{"closed inside the greeting", func(p *peer) { p.send(codec.Greeting[:1]) }, io.EOF, false},
		{"another magic byte [BUSRT-H1]", func(p *peer) { p.send([]byte{0xEC, 1, 0}) }, codec.NotSupported, false},
		{"another version [BUSRT-H1]", func(p *peer) { p.send([]byte{0xEB, 2, 0}) }, codec.NotSupported, false},
		{"not our version [BUSRT-H2]", func(p *peer) {
			p.send(codec.Greeting[:])
			p.take(3)
			p.send([]byte{byte(codec.NotSupported)})
		}, codec.NotSupported, true},
		{"closed without a code [BUSRT-H4]", func(p *peer) {
			p.send(codec.Greeting[:])
			p.take(3)
			p.send([]byte{byte(codec.OK)})
			p.take(2 + len("alice"))
		}, io.EOF, false},
		{"bad name [BUSRT-H4]", refusal(codec.Data), codec.Data, true},
		{"denied [BUSRT-H4]", refusal(codec.AccessDenied), codec.AccessDenied, true},
		{"taken [BUSRT-H4]", refusal(codec.Busy), codec.Busy, true},
		{"no primary [BUSRT-H4]", refusal(codec.NotRegistered), codec.NotRegistered, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			overAll(t, func(t *testing.T, network string) {
				address := fake(t, network, tt.script)
				o := client.Options{Name: "alice", Timeout: patience}
				if errors.Is(tt.want, context.DeadlineExceeded) {
					o.Timeout = 20 * time.Millisecond
				}
				c, err := client.Dial(context.Background(), address, o)
				if c != nil || !errors.Is(err, tt.want) {
					t.Errorf("connected: %t, error %v, want %v", c != nil, err, tt.want)
				}
				var refused *client.RefusedError
				if errors.As(err, &refused) != tt.refused {
					t.Errorf("refused: %t, error %v", refused != nil, err)
				}
			})
		})
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	address := fake(t, "unix", func(p *peer) {
		p.send(codec.Greeting[:])
		p.take(3)
		cancel() // in the middle of it
		p.hangUp()
	})
	if c, err := client.Dial(ctx, address, client.Options{Name: "alice"}); !errors.Is(err, context.Canceled) {
		t.Errorf("connected: %t, error %v", c != nil, err)
	}
	if c, err := client.Dial(ctx, address, client.Options{Name: "alice"}); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that had ended: connected: %t, error %v", c != nil, err)
	}
}

func TestNobodyListens(t *testing.T) {
	overAll(t, func(t *testing.T, network string) {
		ln := listen(t, network)
		address := ln.Addr().String()
		check(t, ln.Close())
		var failed *net.OpError
		if c, err := client.Dial(t.Context(), address, client.Options{Name: "alice"}); !errors.As(err, &failed) || strings.Count(err.Error(), address) != 1 {
			t.Errorf("connected: %t, error %v", c != nil, err)
		}
	})
}
