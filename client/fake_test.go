package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/brokertest"
)

const patience = brokertest.Patience

var check, within = brokertest.Check, brokertest.Within

// overAll runs test over each of them.
func overAll(t *testing.T, test func(t *testing.T, network string)) {
	t.Helper()
	for _, network := range []string{"unix", "tcp"} {
		t.Run(network, func(t *testing.T) { test(t, network) })
	}
}

// listen is a socket of a network, whose address is of the form Dial takes.
func listen(tb testing.TB, network string) net.Listener {
	tb.Helper()
	bind := "127.0.0.1:0"
	if network == "unix" {
		bind = filepath.Join(tb.TempDir(), "fake.sock")
	}
	ln, err := net.Listen(network, bind)
	check(tb, err)
	return ln
}

// fake is a broker that does to each connection what a script says. A script
// ends with its connection closed. At the end of the test it is gone, and no
// goroutine is left.
func fake(t *testing.T, network string, script func(p *peer)) (address string) {
	t.Helper()
	brokertest.LeakFree(t)
	ln := listen(t, network)
	var scripts sync.WaitGroup
	scripts.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			scripts.Go(func() {
				script(newPeer(t, conn))
				_ = conn.Close()
			})
		}
	})
	t.Cleanup(func() {
		check(t, ln.Close())
		scripts.Wait()
	})
	return ln.Addr().String()
}

// peer is the broker's end of a connection.
type peer struct {
	t *testing.T
	net.Conn
	in []byte // read and not yet taken
}

func newPeer(t *testing.T, conn net.Conn) *peer {
	_ = conn.SetDeadline(time.Now().Add(patience))
	return &peer{t: t, Conn: conn}
}

// welcome goes through the handshake and gives the client's name.
func (p *peer) welcome() string {
	p.send(codec.Greeting[:])
	p.take(3)
	p.send([]byte{byte(codec.OK)})
	length := p.take(2)
	name := p.take(int(length[0]) | int(length[1])<<8)
	p.send([]byte{byte(codec.OK)})
	return string(name)
}

// send writes; that the client has gone is no fault of the script.
func (p *peer) send(b []byte) { _, _ = p.Write(b) }

// take reads n bytes, fewer only at the end.
func (p *peer) take(n int) []byte {
	for len(p.in) < n {
		if !p.more() {
			n = len(p.in)
		}
	}
	b := p.in[:n:n]
	p.in = p.in[n:]
	return b
}

func (p *peer) more() bool {
	b := make([]byte, 64<<10)
	n, err := p.Read(b)
	p.in = append(p.in, b[:n]...)
	return err == nil
}

// frame reads the next frame that is no ping; false at the end of the
// connection, which must not be inside one.
func (p *peer) frame() (f codec.Frame, ok bool) {
	var d codec.Decoder
	for {
		switch n, _, err := d.Next(p.in, &f); {
		case err != nil:
			p.t.Errorf("the client sent % .40X: %v", p.in, err)
			return f, false
		case n > 0:
			p.in = p.in[n:]
			if f.Op != codec.OpNop {
				return f, true
			}
		case !p.more():
			if len(p.in) > 0 {
				p.t.Errorf("the client left inside a frame: % .40X", p.in)
			}
			return f, false
		}
	}
}

// serve shows each frame to code, and answers with what that gives if an ack is
// wanted, until the client leaves.
func (p *peer) serve(code func(f *codec.Frame) codec.Status) {
	for {
		f, ok := p.frame()
		if !ok {
			return
		}
		if c := code(&f); f.QoS.NeedsAck() {
			p.send(codec.AppendAck(nil, f.ID, c))
		}
	}
}

// hangUp waits until the client leaves.
func (p *peer) hangUp() { _, _ = io.Copy(io.Discard, p) }

func always(code codec.Status) func(*codec.Frame) codec.Status {
	return func(*codec.Frame) codec.Status { return code }
}

// message is a delivery of a message from "bob".
func message(payload string) []byte {
	return codec.AppendDelivery(nil, codec.KindMessage, false, "bob", nil, []byte(payload))
}

// dial connects under the name "alice" and closes at the end of the test.
func dial(tb testing.TB, address string, o client.Options) *client.Client {
	tb.Helper()
	if o.Name == "" {
		o.Name = "alice"
	}
	c, err := client.Dial(context.Background(), address, o)
	check(tb, err)
	tb.Cleanup(func() { check(tb, c.Close()) })
	return c
}

// disconnected checks that err says that the connection ended, for that cause.
func disconnected(t *testing.T, err, cause error) {
	t.Helper()
	var d *client.DisconnectedError
	if !errors.As(err, &d) || !errors.Is(err, cause) {
		t.Errorf("error %v, want a DisconnectedError with %v", err, cause)
	}
}

// same compares what was received with what was sent.
func same(f *client.Frame, d *codec.Delivery) bool {
	return f.Kind == d.Kind && f.Realtime == d.Realtime && f.Sender == string(d.Sender) &&
		f.Topic == string(d.Topic) && bytes.Equal(f.Payload, d.Payload)
}
