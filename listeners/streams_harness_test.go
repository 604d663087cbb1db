package listeners

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"testing"

	"github.com/coder/websocket"
	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/internal/certtest"
	"github.com/busrt-go/busrt/internal/wsconn"
)

// Streams that are open already, as networks of tests.
const (
	networkPipe = "pipe"       // net.Pipe
	networkPair = "socketpair" // of unix sockets
)

// streams are the transports that have goroutines; all are those that a test runs
// over which knows nothing of loops.
var (
	streams = []string{networkTLS, networkWS, networkWSS, networkPipe, networkPair}
	all     = append(append([]string{}, networks...), streams...)
)

// point is where clients of a test reach the broker by a stream.
type point struct {
	*bus
	network string
	host    string // HOST:PORT; empty: by ServeConn
	options ListenOptions
	config  *tls.Config // of clients
	header  http.Header // of requests
}

func (p *point) Network() string { return p.network }
func (p *point) String() string  { return p.host }

// point listens for streams.
func (b *bus) point(t *testing.T, network string, o ListenOptions) *point {
	t.Helper()
	p := &point{bus: b, network: network, options: o}
	if network == networkPipe || network == networkPair {
		return p
	}
	if network != networkWS && o.TLS == nil {
		ca := certtest.New(t)
		o.TLS, p.config = ca.Server(), ca.Client()
	}
	at, err := b.Listen(t.Context(), network+"://127.0.0.1:0", o)
	check(t, err)
	p.host = at.String()
	return p
}

// with is the same for clients with other manners.
func (p *point) with(config *tls.Config, header http.Header) *point {
	other := *p
	other.config, other.header = config, header
	return &other
}

// dial connects.
func (p *point) dial(ctx context.Context) (net.Conn, error) {
	switch p.network {
	case networkPipe:
		return p.serveOne(net.Pipe())
	case networkPair:
		c, s, err := socketpair()
		if err != nil {
			return nil, err
		}
		return p.serveOne(c, s)
	case networkTLS:
		d := &tls.Dialer{Config: p.config}
		return d.DialContext(ctx, "tcp", p.host)
	default:
		return p.upgrade(ctx)
	}
}

// serveOne serves s and gives c.
func (p *point) serveOne(c, s net.Conn) (net.Conn, error) {
	if err := p.ServeConn(s, p.options); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// refusal is an answer in HTTP that is no upgrade.
type refusal struct{ *http.Response }

func (r refusal) Error() string { return r.Status }

// upgrade connects by WebSocket.
func (p *point) upgrade(ctx context.Context) (net.Conn, error) {
	var below net.Conn
	dial := func(ctx context.Context, network, at string) (c net.Conn, err error) {
		c, err = new(net.Dialer).DialContext(ctx, network, at)
		if below = c; err == nil && p.network == networkWSS {
			config := p.config.Clone()
			config.ServerName = "127.0.0.1"
			below = tls.Client(c, config)
		}
		return below, err
	}
	transport := &http.Transport{DialContext: dial, DialTLSContext: dial}
	defer transport.CloseIdleConnections()
	ws, r, err := websocket.Dial(ctx, p.network+"://"+p.host+"/", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: p.header,
	})
	if err != nil {
		if r != nil {
			return nil, refusal{r}
		}
		return nil, err
	}
	return wsconn.New(ws, below), nil
}

// socketpair gives both ends of a connection.
func socketpair() (a, b net.Conn, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, err
	}
	ends := [2]net.Conn{}
	for i, fd := range fds {
		f := os.NewFile(uintptr(fd), "socketpair")
		var e error
		ends[i], e = net.FileConn(f)
		err = errors.Join(err, e, f.Close())
	}
	return ends[0], ends[1], err
}

// sessions is how many the strand has.
func (st *strand) sessions() int {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.mu.shard.Sessions()
}
