package listeners

import (
	"errors"
	"net"
	"os"
	"sync"

	"github.com/coreos/go-systemd/v22/activation"
	"golang.org/x/sys/unix"
)

// inherited are the sockets that the service manager has opened for this
// process (systemd.socket, LISTEN_FDS). They are asked for once, and kept: a file
// that nobody refers to would be closed. The environment loses the variables, so
// that children do not take them for theirs.
var inherited = sync.OnceValue(func() []*os.File { return activation.Files(true) })

// listenInherited serves inherited sockets of a name, or all. Their paths are not
// removed at the end, and may be listened on again.
func (g *Group) listenInherited(bind string, a address, s *settings) (at net.Addr, err error) {
	for _, f := range inherited() {
		if a.path != "" && a.path != f.Name() {
			continue
		}
		first, err := g.listenFile(bind, f, s)
		if err != nil {
			return nil, err
		}
		if at == nil {
			at = first
		}
	}
	if at == nil {
		return nil, bindErrorf(bind, "the service manager has opened no such socket (LISTEN_FDS)")
	}
	return at, nil
}

// listenFile serves a listening socket, which stays open.
func (g *Group) listenFile(bind string, f *os.File, s *settings) (net.Addr, error) {
	fd, err := duplicate(f)
	if err != nil {
		return nil, bindErrorf(bind, "%s: %w", f.Name(), err)
	}
	release := func() error { return unix.Close(fd) }
	listening, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	name, err := unix.Getsockname(fd)
	if err == nil && listening != 1 {
		err = errors.New("is not a listening socket")
	}
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		return nil, errors.Join(bindErrorf(bind, "%s: %w", f.Name(), err), release())
	}
	ac := &acceptor{fd: fd}
	var at net.Addr
	if from, ok := addrPort(name); ok {
		at, ac.describe = net.TCPAddrFromAddrPort(from), tcpPeers(&bind, s)
	} else {
		path, _ := name.(*unix.SockaddrUnix)
		if path == nil {
			return nil, errors.Join(bindErrorf(bind, "%s: neither a unix socket nor TCP", f.Name()), release())
		}
		at, ac.describe = &net.UnixAddr{Name: path.Name, Net: networkUnix}, unixPeers(&bind, s)
	}
	return g.serve(at, g.accepting(bind, ac, release))
}
