package listeners

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"

	"github.com/busrt-go/busrt/engine"
)

// ServeConn serves a client on a stream that is open already: one end of a pair
// of sockets, a [net.Pipe], whatever has deadlines and tells the end. It returns
// when the stream is the group's and a greeting is on its way; the rest happens
// in the background, until the client leaves or the group is shut down. The
// stream is the group's from the call on: it is closed also if there is an error,
// which is [ErrShutdown] or that of the handshake of a [*tls.Conn], which
// ServeConn completes first.
//
// The client is who its socket says it is, the broker's own user if it has none
// [BUSRT-H9]; its port is "" in `client.list` [BUSRT-C4]. Of o what concerns
// connections counts: the access map, the timeout and the limits.
func (g *Group) ServeConn(conn net.Conn, o ListenOptions) error {
	ground := grounded(conn)
	if err := o.Validate(); err != nil {
		_ = ground.Close()
		return err
	}
	info, err := socketPeer(ground, o.settings())
	if err != nil {
		_ = ground.Close()
		return fmt.Errorf("busrt: serving a connection: %w", err)
	}
	if c, ok := conn.(*tls.Conn); ok {
		ctx, cancel := context.WithTimeout(context.Background(), cmp.Or(o.Timeout, g.broker.Timeout()))
		defer cancel()
		if err := c.HandshakeContext(ctx); err != nil {
			_ = ground.Close()
			return fmt.Errorf("busrt: serving a connection: %w", err)
		}
		info = tlsPeer(c.ConnectionState(), info)
	}
	return g.strand.attach(conn, ground, info)
}

// preopened is the port of all streams that were open already.
var preopened = ""

// socketPeer says who is at the other end of a connection [BUSRT-H9].
func socketPeer(c net.Conn, s *settings) (info engine.Peer, err error) {
	if _, tcp := c.RemoteAddr().(*net.TCPAddr); tcp { // whatever is wrapped around the socket
		return tcpPeer(c, &preopened, s), nil
	}
	switch c := c.(type) {
	case *net.UnixConn:
		raw, err := c.SyscallConn()
		if err != nil {
			return info, err
		}
		control := raw.Control(func(fd uintptr) { info, err = unixPeers(&preopened, s)(int(fd), nil) })
		if err == nil {
			err = control
		}
		return info, err
	default:
		self := engine.Identity{UID: uint32(os.Getuid())}
		return engine.Peer{Kind: engine.KindLocalIPC, Identity: self, Port: &preopened, Settings: s.Load()}, nil
	}
}

// tcpPeer describes a TCP connection as [tcpPeers] does.
func tcpPeer(c net.Conn, bind *string, s *settings) engine.Peer {
	info := engine.Peer{Kind: engine.KindTCP, Port: bind, Settings: s.Load()}
	if at, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		ip := at.AddrPort().Addr().Unmap()
		info.Identity.Addr = ip
		info.Source = net.JoinHostPort(ip.String(), fmt.Sprint(at.Port))
	}
	return info
}
