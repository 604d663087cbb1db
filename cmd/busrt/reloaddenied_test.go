package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

// Who may ask: not whoever has the name of an admin, where anybody can take that.
// [BUSRT-C6] [BUSRT-S1]
func TestReloadDenied(t *testing.T) {
	text := `
[[listen]]
url = "127.0.0.1:0"
[[listen]]
url = "ws://127.0.0.1:0"
tokens = [{ token = "ops-token", names = ["ops"] }, { token = "any" }]
[[listen]]
url = "tcp://127.0.0.1:0"
aaa = false
[clients.ops]
admin = true
[clients.bound]
admin = true
hosts = ["127.0.0.0/8"]
[clients.elsewhere]
admin = true
hosts = ["10.0.0.0/8"]
[clients.user]
`
	p := configured(t, text)
	tcp := p.logged(`listening bind=127.0.0.1:0 address=(\S+)`)
	web := "ws://" + p.logged(`listening bind=ws://127.0.0.1:0 address=(\S+)`)
	open := p.logged(`listening bind=tcp://127.0.0.1:0 address=(\S+)`)
	for _, tc := range []struct {
		name, address, token string
		want                 bool
	}{
		{"bound", tcp, "", true},
		{"bound%%2", tcp, "", true},
		{"ops", tcp, "", false}, // anybody could have taken it
		{"user", tcp, "", false},
		{"ops", web, "ops-token", true},
		{"ops", web, "any", false},
		{"ops", open, "", false},
		{"bound", open, "", false}, // the map is not in force there
		{"anybody", open, "", false},
	} {
		if err := askedReload(t, tc.name, tc.address, tc.token, reloadParams(false)); (err == nil) != tc.want {
			t.Errorf("%s at %s with token %q: %v", tc.name, tc.address, tc.token, err)
		}
	}
	for _, params := range [][]byte{{0xc1}, msgp.AppendMapHeader(nil, 0), msgp.AppendBool(nil, true)} {
		if err := askedReload(t, "bound", tcp, "", params); err == nil {
			t.Errorf("parameters % x are taken", params)
		}
	}
}

// On a unix socket the kernel says who asks. [BUSRT-S1]
func TestReloadDeniedUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("to be somebody else takes root")
	}
	const nobody = 65534
	p := configured(t, `
[[listen]]
url = "b.sock"
mode = "0666"
[clients.ops]
admin = true
[clients.granted]
admin = true
uids = [65534]
[clients.bound]
admin = true
hosts = ["127.0.0.0/8"]
`)
	self, err := exec.LookPath("busrt")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Dir(filepath.Dir(self)), filepath.Dir(self), filepath.Dir(p.dir), p.dir} {
		if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // somebody else has to get there
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name string
		uid  uint32
		want int
	}{
		{"ops", 0, exitDone},
		{"ops", nobody, exitDenied},
		{"granted", nobody, exitDone},
		{"bound", nobody, exitDenied}, // its networks say nothing about a unix socket
	} {
		cmd := exec.CommandContext(t.Context(), self, "reload", "-n", tc.name, "./b.sock")
		cmd.Dir = p.dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: tc.uid, Gid: tc.uid}}
		out, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != tc.want {
			t.Errorf("%s of user %d: exit code %d (%v), want %d: %s", tc.name, tc.uid, code, err, tc.want, out)
		}
	}
}

func reloadParams(apply bool) []byte {
	return msgp.AppendBool(msgp.AppendString(msgp.AppendMapHeader(nil, 1), applyKey), apply)
}

// askedReload asks, as a client of that name, and leaves.
func askedReload(t *testing.T, name, address, token string, params []byte) error {
	t.Helper()
	primary, _, secondary := strings.Cut(name, codec.SecondarySeparator)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := client.Dial(ctx, address, client.Options{Name: primary, Token: token})
	for errors.Is(err, codec.Busy) { // the one before has not left quite yet
		c, err = client.Dial(ctx, address, client.Options{Name: primary, Token: token})
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	as := c
	if secondary {
		if as, err = c.Secondary(ctx); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = as.Close() }()
	}
	conn, err := rpc.New(as, nil, rpc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Call(ctx, brokerName, reloadMethod, params)
	return err
}
