package main

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// peer is a client that speaks the protocol by hand.
type peer struct {
	t    *testing.T
	conn net.Conn
	buf  []byte // received, not looked at yet
}

// dial connects and reads the greeting [BUSRT-H1].
func dial(t *testing.T, network, address string) *peer {
	t.Helper()
	conn, err := net.DialTimeout(network, address, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(2 * patience)); err != nil {
		t.Fatal(err)
	}
	c := &peer{t: t, conn: conn}
	if got := [3]byte(c.read(3)); got != codec.Greeting {
		t.Fatalf("greeting % x", got)
	}
	return c
}

// join connects and registers a name.
func join(t *testing.T, network, address, name string) *peer {
	t.Helper()
	c := dial(t, network, address)
	if got := c.hello(name); got != codec.OK {
		t.Fatalf("registering %s: %v", name, got)
	}
	return c
}

// hello is the rest of the handshake [BUSRT-H2] to [BUSRT-H5].
func (c *peer) hello(name string) codec.Status {
	c.t.Helper()
	c.write(codec.AppendHello(codec.Greeting[:], name))
	if got := codec.Status(c.read(1)[0]); got != codec.OK {
		c.t.Fatalf("answer to the greeting: %v", got)
	}
	return codec.Status(c.read(1)[0])
}

func (c *peer) write(b []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

func (c *peer) read(n int) []byte {
	c.t.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(c.conn, b); err != nil {
		c.t.Fatal(err)
	}
	return b
}

// next is the next frame that is no NOP; a view until the next call.
func (c *peer) next() codec.Delivery {
	c.t.Helper()
	for {
		var d codec.Delivery
		n, _, err := codec.NextDelivery(c.buf, codec.DefaultMaxBody, &d)
		if err != nil {
			c.t.Fatal(err)
		}
		c.buf = c.buf[n:]
		switch {
		case n == 0:
			more := make([]byte, 64<<10)
			n, err := c.conn.Read(more)
			if err != nil {
				c.t.Fatal(err)
			}
			c.buf = append(c.buf, more[:n]...)
		case d.Kind != codec.KindNop:
			return d
		}
	}
}

// wantEnd wants the broker to close the connection, whatever it sends before.
func (c *peer) wantEnd() {
	c.t.Helper()
	if _, err := io.Copy(io.Discard, c.conn); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		c.t.Fatalf("the connection has not ended: %v", err)
	}
}

// deliver sends a message and waits until the broker has queued it.
func (c *peer) deliver(target string, payload []byte) {
	c.t.Helper()
	c.acked(codec.OpMessage, target, payload)
}

// wantService wants the broker to serve the client still.
func (c *peer) wantService() {
	c.t.Helper()
	c.acked(codec.OpPublish, "nobody/listens", nil)
}

func (c *peer) acked(op codec.Op, target string, payload []byte) {
	c.t.Helper()
	c.write(codec.AppendFrame(nil, 7, op, codec.QoSProcessed, target, payload))
	if d := c.next(); d.Kind != codec.KindAck || d.ID != 7 || d.Code != codec.OK {
		c.t.Fatalf("instead of the ack: %+v", d)
	}
}
