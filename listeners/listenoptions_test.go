package listeners

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/engine"
)

func TestListenOptions(t *testing.T) {
	b := serve(t, networkUnix, engine.Options{}, Options{})
	for i, tt := range []struct {
		o               ListenOptions
		unix, tcp, fifo string // part of the error, empty if there is none
	}{
		{ListenOptions{}, "", "", ""},
		{ListenOptions{AAA: engine.NewAAAMap()}, "", "", "a FIFO has no connections"},
		{ListenOptions{Timeout: 1, MaxFrame: 1, QueueFrames: 1, QueueBytes: 1}, "", "", "a FIFO has no connections"},
		{ListenOptions{Owner: fmt.Sprint(os.Getuid()), Group: fmt.Sprint(os.Getgid())}, "", "only a unix socket", "only a unix socket"},
		{ListenOptions{Owner: "no such user"}, `user "no such user"`, "only a unix socket", "only a unix socket"},
		{ListenOptions{Group: "no such group"}, `group "no such group"`, "only a unix socket", "only a unix socket"},
		{ListenOptions{Timeout: -1}, "timeout", "timeout", "timeout"},
		{ListenOptions{MaxFrame: -1}, "frame limit", "frame limit", "frame limit"},
		{ListenOptions{QueueFrames: -1}, "queue", "queue", "queue"},
		{ListenOptions{QueueBytes: -1}, "queue", "queue", "queue"},
		{ListenOptions{MaxSubscriptions: -1}, "subscriptions", "subscriptions", "subscriptions"},
		{ListenOptions{MaxExclusions: -1}, "exclusions", "exclusions", "exclusions"},
		{ListenOptions{MaxInterests: -1}, "bytes for subscriptions", "bytes for subscriptions", "bytes for subscriptions"},
		{ListenOptions{Slow: engine.SlowDropNew + 1}, "policy", "policy", "policy"},
		{ListenOptions{FrameRate: -1, Slow: engine.SlowDropNew}, "", "", "a FIFO has no connections"},
		{ListenOptions{Mode: fs.ModeDir | 0o700}, "permissions", "permissions", "permissions"},
	} {
		for bind, want := range map[string]string{
			fmt.Sprintf("%s/o%d.sock", b.dir, i): tt.unix, "127.0.0.1:0": tt.tcp, fmt.Sprintf("fifo:%s/o%d", b.dir, i): tt.fifo,
		} {
			_, err := b.Listen(t.Context(), bind, tt.o)
			switch {
			case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("%+v at %s: %v, want %q", tt.o, bind, err, want)
			case err != nil && !strings.HasPrefix(err.Error(), "busrt: "):
				t.Errorf("%v", err)
			}
		}
	}
}

// TestOwner: a socket is given to others before anybody can connect.
func TestOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may give files away")
	}
	b := serve(t, networkUnix, engine.Options{}, Options{})
	for _, tt := range []struct {
		o        ListenOptions
		uid, gid uint32
	}{
		{ListenOptions{Owner: "4711", Group: "4712"}, 4711, 4712},
		{ListenOptions{Group: "4712", Mode: 0o660}, 0, 4712},
		{ListenOptions{Owner: "root"}, 0, uint32(os.Getgid())},
	} {
		path := b.dir + "/" + tt.o.Owner + tt.o.Group + ".sock"
		_, err := b.Listen(t.Context(), path, tt.o)
		check(t, err)
		info, err := os.Stat(path)
		check(t, err)
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok || st.Uid != tt.uid || st.Gid != tt.gid || tt.o.Mode != 0 && info.Mode().Perm() != tt.o.Mode {
			t.Errorf("%+v: %+v", tt.o, st)
		}
	}
}

// TestPeerCredentials: what the kernel says of a unix socket's peer.
func TestPeerCredentials(t *testing.T) {
	path := t.TempDir() + "/s"
	ln, err := net.ListenUnix(networkUnix, &net.UnixAddr{Name: path, Net: networkUnix})
	check(t, err)
	defer func() { check(t, ln.Close()) }()
	c, err := net.Dial(networkUnix, path)
	check(t, err)
	defer func() { check(t, c.Close()) }()
	accepted, err := ln.AcceptUnix()
	check(t, err)
	defer func() { check(t, accepted.Close()) }()
	raw, err := accepted.SyscallConn()
	check(t, err)
	bind := path
	check(t, raw.Control(func(fd uintptr) {
		o := ListenOptions{MaxFrame: 1}.settings()
		p, err := unixPeers(&bind, o)(int(fd), &unix.SockaddrUnix{})
		if err != nil || p.Identity.UID != uint32(os.Getuid()) || p.GID != uint32(os.Getegid()) || p.Settings != o.Load() {
			t.Errorf("%+v, %v", p, err)
		}
		if p.PID != int32(os.Getpid()) && p.PID != 0 {
			t.Errorf("process %d", p.PID)
		}
	}))
}

// TestClientsCredentials: the owner of the broker sees who the kernel says it
// is.
func TestClientsCredentials(t *testing.T) {
	b := serve(t, networkUnix, engine.Options{}, Options{})
	connect(t, b.at, "local")
	connect(t, b.listen(t, networkTCP), "remote")
	for _, c := range b.broker.Clients() {
		uid, gid, pid := uint32(os.Getuid()), uint32(os.Getegid()), int32(os.Getpid())
		if c.Name != "local" {
			uid, gid, pid = 0, 0, 0
		}
		if c.UID != uid || c.GID != gid || c.PID != pid && c.PID != 0 {
			t.Errorf("%s: user %d, group %d, process %d", c.Name, c.UID, c.GID, c.PID)
		}
	}
}
