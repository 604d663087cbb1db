package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/internal/brokertest"
	"github.com/busrt-go/busrt/internal/certtest"
	"github.com/busrt-go/busrt/listeners"
)

// A bearer token that is missing or wrong is a refusal, of the kind that a denied
// name is.
func TestToken(t *testing.T) {
	b := brokertest.Serve(t, "wss", engine.Options{})
	ca := certtest.New(t)
	at := b.Listen(t, "wss://127.0.0.1:0", listeners.ListenOptions{
		TLS: ca.Server(), VerifyToken: listeners.Tokens{"right": {"alice"}}.Verify,
	})
	for _, tt := range []struct{ token, name string }{{"", "alice"}, {"wrong", "alice"}, {"right", "bob"}} {
		_, err := client.Dial(within(t), at, client.Options{Name: tt.name, TLS: ca.Client(), Token: tt.token})
		refused, ok := errors.AsType[*client.RefusedError](err)
		if !ok || !errors.Is(err, codec.AccessDenied) || refused.Address != at || refused.Name != tt.name {
			t.Errorf("%q as %s: %v", tt.token, tt.name, err)
		}
	}
	c := dial(t, at, client.Options{TLS: ca.Client(), Token: "right"})
	check(t, c.Ping(within(t)))
}

// A certificate is checked, and shown if there is one; what the options say of
// TLS is not changed.
func TestCertificates(t *testing.T) {
	for _, network := range []string{"tls", "wss"} {
		t.Run(network, func(t *testing.T) {
			b := brokertest.Serve(t, network, engine.Options{})
			for _, config := range []*tls.Config{nil, certtest.New(t).Client()} {
				_, err := client.Dial(within(t), b.Address, client.Options{Name: "alice", TLS: config})
				if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
					t.Errorf("connected to whom it does not trust: %v", err)
				}
			}
			dial(t, b.Address, client.Options{TLS: b.TLS})
			if b.TLS.ServerName != "" || b.TLS.NextProtos != nil {
				t.Error("the options were changed")
			}
			ca := certtest.New(t)
			at := b.Listen(t, network+"://127.0.0.1:0", listeners.ListenOptions{TLS: ca.Server()})
			dial(t, at, client.Options{Name: "carol", TLS: ca.Named("carol")})
			_, err := client.Dial(within(t), at, client.Options{Name: "bob", TLS: ca.Named("carol")})
			if !errors.Is(err, codec.AccessDenied) {
				t.Errorf("a name that is not in the certificate: %v", err)
			}
		})
	}
}

// What is no broker over WebSocket, or does not answer.
func TestNoWebSocket(t *testing.T) {
	brokertest.LeakFree(t)
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	moved := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound))
	defer moved.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer func() { _ = silent.Close() }()
	for _, tt := range []struct{ at, want string }{
		{web.Listener.Addr().String(), "404"},
		{moved.Listener.Addr().String(), "302"},
		{silent.Addr().String(), context.DeadlineExceeded.Error()},
	} {
		for _, scheme := range []string{"ws://", "wss://", "tls://"} {
			_, err := client.Dial(t.Context(), scheme+tt.at, client.Options{Name: "alice", Timeout: 200 * time.Millisecond})
			if err == nil || scheme == "ws://" && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s%s: %v, want %q", scheme, tt.at, err, tt.want)
			}
		}
	}
}

// A broker that goes closes in order, on every transport; what it had to say
// comes before [BUSRT-A2].
func TestBrokerCloses(t *testing.T) {
	for _, network := range brokertest.Networks {
		t.Run(network, func(t *testing.T) {
			b := brokertest.Serve(t, network, engine.Options{})
			c := dial(t, b.Address, client.Options{TLS: b.TLS})
			go b.Stop(t)
			f, err := c.Recv(within(t))
			check(t, err)
			if f.Topic != ".broker/warn" {
				t.Errorf("received %+v", f)
			}
			_, err = c.Recv(within(t))
			if gone, ok := errors.AsType[*client.DisconnectedError](err); !ok || gone.Cause != io.EOF { //nolint:errorlint // nothing is wrapped around it
				t.Errorf("ended with %v", err)
			}
		})
	}
}

// What was sent before Close counts, and the name is free behind it, on every
// transport [BUSRT-F9] [BUSRT-H11].
func TestCloseInOrder(t *testing.T) {
	for _, network := range brokertest.Networks {
		t.Run(network, func(t *testing.T) {
			b := brokertest.Serve(t, network, engine.Options{})
			bob := dial(t, b.Address, client.Options{Name: "bob", TLS: b.TLS})
			for range 10 {
				c, err := client.Dial(within(t), b.Address, client.Options{Name: "alice", TLS: b.TLS})
				check(t, err)
				check(t, c.Send(within(t), "bob", []byte("last"), codec.QoSNo))
				check(t, c.Close())
				f, err := bob.Recv(within(t))
				check(t, err)
				if string(f.Payload) != "last" {
					t.Errorf("received %+v", f)
				}
			}
		})
	}
}
