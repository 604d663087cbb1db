package listeners

import (
	"net"
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// TestClientsSources: what `client.list` says of connections [BUSRT-C4]; an IPv4
// peer of an IPv6 socket is an IPv4 peer [BUSRT-H9].
func TestClientsSources(t *testing.T) {
	b := serve(t, networkUnix, engine.Options{}, Options{})
	const bind = ":0"
	wild, err := b.Listen(t.Context(), bind, ListenOptions{})
	check(t, err)
	tcp, ok := wild.(*net.TCPAddr)
	if !ok {
		t.Fatalf("%T", wild)
	}
	via4 := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: tcp.Port}
	a, c := connect(t, b.at, "a"), connect(t, via4, "c")
	connect(t, via4, "c%%2") // the same host, so it may be
	if code := dial(t, b.at).hello("c%%3"); code != codec.AccessDenied {
		t.Errorf("a unix peer as the secondary of a TCP peer: %v", code)
	}

	if i := clientInfo(t, a, "a"); i.Kind != "local_ipc" || i.Source != nil || i.Port == nil || *i.Port != b.at.String() {
		t.Errorf("the unix client: %v", i)
	}
	i := clientInfo(t, a, "c")
	if i.Kind != "tcp" || i.Port == nil || *i.Port != bind || i.Source == nil || *i.Source != c.LocalAddr().String() {
		t.Errorf("the TCP client: %v", i)
	}
}

// clientInfo asks by c what `client.list` says of a client.
func clientInfo(t *testing.T, c *client, name string) codec.ClientInfo {
	t.Helper()
	c.send(codec.AppendFrame(nil, 0, codec.OpMessage, codec.QoSNo, ".broker", codec.AppendRPCRequest(nil, 1, "client.list", nil)))
	reply, ok := codec.ParseRPC(c.next().Payload)
	if !ok || reply.Kind != codec.RPCReply {
		t.Fatalf("%v", reply)
	}
	var list codec.ClientList
	_, err := list.UnmarshalMsg(reply.Data)
	check(t, err)
	i := slices.IndexFunc(list.Clients, func(c codec.ClientInfo) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("%s is not in the list", name)
	}
	return list.Clients[i]
}

// TestAddrPort [BUSRT-H9].
func TestAddrPort(t *testing.T) {
	for _, tc := range []struct {
		from unix.Sockaddr
		want string
	}{
		{&unix.SockaddrInet4{Port: 1, Addr: [4]byte{10, 0, 0, 1}}, "10.0.0.1:1"},
		{&unix.SockaddrInet6{Port: 2, Addr: netip.MustParseAddr("::ffff:10.0.0.1").As16()}, "10.0.0.1:2"},
		{&unix.SockaddrInet6{Port: 3, Addr: netip.MustParseAddr("::1").As16()}, "[::1]:3"},
		{&unix.SockaddrInet6{Port: 4, ZoneId: 7, Addr: netip.MustParseAddr("fe80::1").As16()}, "[fe80::1%7]:4"},
		{&unix.SockaddrUnix{}, "invalid AddrPort"},
	} {
		if got, ok := addrPort(tc.from); got.String() != tc.want || ok == (tc.want == "invalid AddrPort") {
			t.Errorf("%v: got %v, %v", tc.from, got, ok)
		}
	}
}

// TestTCPOptions: small frames leave at once, dead peers are found, children do
// not inherit.
func TestTCPOptions(t *testing.T) {
	b := serve(t, networkTCP, engine.Options{}, Options{})
	connect(t, b.at, "x")
	l := b.loops[0]
	l.do(func() {
		for fd, s := range l.sources {
			if _, ok := s.(*conn); !ok {
				continue
			}
			for _, o := range [][2]int{{unix.IPPROTO_TCP, unix.TCP_NODELAY}, {unix.SOL_SOCKET, unix.SO_KEEPALIVE}} {
				if v, err := unix.GetsockoptInt(fd, o[0], o[1]); err != nil || v == 0 {
					t.Errorf("option %v: %d, %v", o, v, err)
				}
			}
			if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
				t.Errorf("descriptor flags %x, %v", flags, err)
			}
			return
		}
		t.Error("no connection")
	})
}
