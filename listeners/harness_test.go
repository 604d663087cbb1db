package listeners

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// patience is how long a test waits for what must come.
const patience = time.Minute

// networks are the transports that every test of sockets runs over.
var networks = []string{networkUnix, networkTCP}

// bus is a broker with listeners, and what a test needs to know of them.
type bus struct {
	*Group
	broker *engine.Broker
	at     net.Addr // the first address
	dir    string   // for sockets; empty at the end
	bound  int      // addresses so far
}

// serve starts a broker that listens on one address. At the end of the test it
// is shut down, and no goroutine, descriptor or file may be left.
func serve(t *testing.T, network string, eo engine.Options, o Options) *bus {
	t.Helper()
	b := &bus{dir: t.TempDir()}
	leftovers(t, b.dir)
	if eo.Timeout == 0 {
		eo.Timeout = patience // clients here do not ping [BUSRT-T1]
	}
	var err error
	b.broker, err = engine.New(eo)
	check(t, err)
	b.broker.InitCoreRPC()
	b.Group, err = New(b.broker, o)
	check(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := b.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
	b.at = b.listen(t, network)
	return b
}

// listen adds an address.
func (b *bus) listen(t *testing.T, network string) net.Addr {
	t.Helper()
	if slices.Contains(streams, network) {
		return b.point(t, network, ListenOptions{})
	}
	bind := "127.0.0.1:0"
	if network == networkUnix {
		bind = fmt.Sprintf("%s/%d.sock", b.dir, b.bound)
	}
	b.bound++
	at, err := b.Listen(t.Context(), bind, ListenOptions{})
	check(t, err)
	return at
}

// leftovers checks, when all that is cleaned up after it is gone, that nothing
// of it is left.
func leftovers(t *testing.T, dir string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0") // package net opens its poller once
	check(t, err)
	check(t, ln.Close())
	ignored := goleak.IgnoreCurrent()
	before := descriptors(t)
	t.Cleanup(func() {
		goleak.VerifyNone(t, ignored)
		eventually(t, fmt.Sprintf("%d descriptors, as before", before), func() bool { return descriptors(t) == before })
		if names, err := os.ReadDir(dir); err != nil || len(names) > 0 {
			t.Errorf("files are left: %v, %v", names, err)
		}
	})
}

// descriptors is how many this process has.
func descriptors(t *testing.T) (n int) {
	t.Helper()
	names, err := os.ReadDir("/dev/fd")
	check(t, err)
	return len(names)
}

// eventually waits until ok, which it asks in between whatever else runs.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// client is one end of a connection, with as little between the test and the
// bytes as can be.
type client struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

// dial connects; the broker's greeting is not read yet.
func dial(t *testing.T, at net.Addr) *client {
	t.Helper()
	c, err := open(t.Context(), at)
	check(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return wired(t, c)
}

// open connects by whatever network at is of.
func open(ctx context.Context, at net.Addr) (net.Conn, error) {
	if p, ok := at.(*point); ok {
		return p.dial(ctx)
	}
	return new(net.Dialer).DialContext(ctx, at.Network(), at.String())
}

func wired(t *testing.T, c net.Conn) *client {
	t.Helper()
	check(t, c.SetDeadline(time.Now().Add(patience)))
	return &client{t: t, Conn: c, r: bufio.NewReader(c)}
}

// connect dials and registers [BUSRT-H1] … [BUSRT-H5].
func connect(t *testing.T, at net.Addr, name string) *client {
	t.Helper()
	c := dial(t, at)
	if code := c.hello(name); code != codec.OK {
		t.Fatalf("%s was refused: %v", name, code)
	}
	return c
}

// hello registers in one write and gives the broker's answer.
func (c *client) hello(name string) codec.Status {
	c.t.Helper()
	c.send(codec.AppendHello(codec.Greeting[:], name))
	c.bytes(codec.Greeting[:]...)
	c.bytes(byte(codec.OK))
	b, err := c.r.ReadByte()
	check(c.t, err)
	return codec.Status(b)
}

func (c *client) send(b []byte) {
	c.t.Helper()
	if _, err := c.Write(b); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// message sends to target with QoS No.
func (c *client) message(target, payload string) {
	c.t.Helper()
	c.send(codec.AppendFrame(nil, 0, codec.OpMessage, codec.QoSNo, target, []byte(payload)))
}

// subscribe returns when it is in force.
func (c *client) subscribe(topics ...string) {
	c.t.Helper()
	c.send(codec.AppendTopics(nil, 77, codec.OpSubscribe, codec.QoSProcessed, topics...))
	c.acked(77, codec.OK)
}

// next gives the next delivery but NOPs; its slices are its own.
func (c *client) next() codec.Delivery {
	c.t.Helper()
	d, err := c.read()
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	return d
}

func (c *client) read() (d codec.Delivery, err error) {
	for {
		b := make([]byte, codec.DeliveryHeaderLen)
		if _, err := io.ReadFull(c.r, b); err != nil {
			return d, err
		}
		_, n, _ := codec.DeliveryHeader(b)
		b = append(b, make([]byte, n)...)
		if _, err := io.ReadFull(c.r, b[codec.DeliveryHeaderLen:]); err != nil {
			return d, errors.Join(errors.New("cut in a body"), err)
		}
		if _, _, err := codec.NextDelivery(b, len(b), &d); err != nil || d.Kind != codec.KindNop {
			return d, err
		}
	}
}

// bytes expects these very bytes.
func (c *client) bytes(want ...byte) {
	c.t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c.r, got); err != nil || string(got) != string(want) {
		c.t.Fatalf("got % x (%v), want % x", got[:n], err, want)
	}
}

// acked expects an ack.
func (c *client) acked(id uint32, code codec.Status) {
	c.t.Helper()
	if d := c.next(); d.Kind != codec.KindAck || d.ID != id || d.Code != code {
		c.t.Fatalf("got %v, want the ack %d %v", d, id, code)
	}
}

// got expects a frame; topic is that of a publish.
func (c *client) got(kind codec.Kind, sender, topic, payload string) {
	c.t.Helper()
	d := c.next()
	if d.Kind != kind || string(d.Sender) != sender || string(d.Topic) != topic || string(d.Payload) != payload {
		c.t.Fatalf("got %v %q %q %.40q, want %v %q %q %.40q",
			d.Kind, d.Sender, d.Topic, d.Payload, kind, sender, topic, payload)
	}
}

// ended expects that the broker has closed, frames in between aside.
func (c *client) ended() {
	c.t.Helper()
	for {
		if _, err := c.read(); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, io.ErrUnexpectedEOF) {
				c.t.Fatalf("the connection ends with %v", err)
			}
			return
		}
	}
}

// halfClose shuts down the sending side.
func (c *client) halfClose() {
	c.t.Helper()
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		c.t.Fatalf("%T has no halves", c.Conn)
	}
	check(c.t, half.CloseWrite())
}

// number is a count as the beginning of a payload.
func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// sessions is how many connections the loop has. Not on a loop.
func (l *loop) sessions() (n int) {
	l.do(func() { n = l.shard.Sessions() })
	return n
}
