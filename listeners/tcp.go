package listeners

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/engine"
)

// listenTCP makes a listening socket at HOST:PORT, non-blocking and
// close-on-exec, for the caller to close. Any goroutine; the errors name bind.
func listenTCP(ctx context.Context, bind, hostPort string) (fd int, at net.Addr, err error) {
	var lc net.ListenConfig
	lc.SetMultipathTCP(false) // the send queue of such a socket does not tell what has arrived
	ln, err := lc.Listen(ctx, "tcp", hostPort)
	if err != nil {
		return -1, nil, bindErrorf(bind, "%w", cause(err))
	}
	defer func() { _ = ln.Close() }() // package net has a poller of its own: a duplicate leaves it
	tcp, ok := ln.(*net.TCPListener)
	if !ok {
		return -1, nil, bindErrorf(bind, "not TCP but %T", ln)
	}
	if fd, err = duplicate(tcp); err != nil {
		return -1, nil, bindErrorf(bind, "%w", err)
	}
	return fd, ln.Addr(), nil
}

// duplicate is another descriptor of f, whose own stays as it is.
func duplicate(f syscall.Conn) (fd int, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	var dup error
	err = raw.Control(func(s uintptr) { fd, dup = unix.FcntlInt(s, unix.F_DUPFD_CLOEXEC, 0) })
	return fd, errors.Join(err, dup)
}

// cause strips off what package net says about its call: the message around it
// names the address already.
func cause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}

// tcpPeers prepares and describes the connections of a TCP socket: who they are
// is where they come from [BUSRT-H9].
func tcpPeers(bind *string, s *settings) func(int, unix.Sockaddr) (engine.Peer, error) {
	return func(fd int, from unix.Sockaddr) (engine.Peer, error) {
		at, ok := addrPort(from)
		if !ok {
			return engine.Peer{}, unix.EAFNOSUPPORT
		}
		err := errors.Join(
			unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1),
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1),
		)
		if err != nil {
			return engine.Peer{}, err
		}
		return engine.Peer{
			Kind: engine.KindTCP, Identity: engine.Identity{Addr: at.Addr()}, Source: at.String(), Port: bind, Settings: s.Load(),
		}, nil
	}
}

// addrPort reads an address, IPv4 ones in IPv6 as what they are [BUSRT-H9].
func addrPort(from unix.Sockaddr) (netip.AddrPort, bool) {
	switch from := from.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(from.Addr), uint16(from.Port)), true
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(from.Addr).Unmap()
		if from.ZoneId != 0 {
			ip = ip.WithZone(strconv.FormatUint(uint64(from.ZoneId), 10)) // no effect on IPv4
		}
		return netip.AddrPortFrom(ip, uint16(from.Port)), true
	default:
		return netip.AddrPort{}, false
	}
}
