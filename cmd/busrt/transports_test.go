package main

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/busrt-go/busrt/internal/certtest"
)

// busrt runs the client's command line in dir and gives its exit code and both its
// streams.
func busrt(t *testing.T, dir string, args ...string) (code int, out string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "busrt", args...)
	cmd.Dir = dir
	b, err := cmd.CombinedOutput()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		code = ended.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return code, string(b)
}

// TLS, and WebSocket with and without, as the flags of both sides have it.
func TestServesEncrypted(t *testing.T) {
	dir := t.TempDir()
	certtest.New(t).Write(dir)
	tokens := "# comment\n\nsecret\nbound alice carol\n"
	if err := os.WriteFile(filepath.Join(dir, "tokens"), []byte(tokens), 0o600); err != nil {
		t.Fatal(err)
	}
	p := launch(t, dir, nil, "busrt", "server", "-B", "tls://127.0.0.1:0", "-B", "ws://127.0.0.1:0", "-B", "wss://127.0.0.1:0/bus",
		"--tls-cert", "cert.pem", "--tls-key", "key.pem", "--ws-token-file", "tokens", "--ws-origin", "example.org")
	p.waitLog("BUS/RT broker started")
	tls := "tls://" + p.logged(`bind=tls:\S+ address=(\S+)`)
	ws := "ws://" + p.logged(`bind=ws:\S+ address=(\S+)`)
	wss := "wss://" + p.logged(`bind=wss:\S+ address=(\S+)`) + "/bus"
	for _, tt := range []struct {
		args string
		code int
		out  string // part of it
	}{
		{"-s --tls-ca ca.pem " + tls, exitDone, `{"ok":true}`},
		{"-s --tls-insecure " + tls, exitDone, `{"ok":true}`},
		{"-s " + tls, exitUnconnected, "certificate"},
		{"-s --tls-ca none.pem " + tls, exitConfig, `authority "none.pem": no such file or directory`},
		{"-s --tls-ca tokens " + tls, exitConfig, `authority "tokens": no certificate in it`},
		{"-s --tls-cert cert.pem " + tls, exitConfig, "--tls-cert and --tls-key are for each other"},
		{"-s --token secret " + ws, exitDone, `{"ok":true}`},
		{"-s " + ws, exitDenied, "refuses client"},
		{"-s --token wrong " + ws, exitDenied, "refuses client"},
		{"-s -n alice --token bound " + ws, exitDone, `{"ok":true}`},
		{"-s -n bob --token bound " + ws, exitDenied, "refuses client"},
		{"-s --tls-ca ca.pem --token secret " + wss, exitDone, `{"ok":true}`},
		{"-s --tls-ca ca.pem --token secret " + strings.TrimSuffix(wss, "/bus"), exitUnconnected, "404"},
	} {
		code, out := busrt(t, dir, append(strings.Fields(tt.args), "broker", "test")...)
		if code != tt.code || !strings.Contains(out, tt.out) {
			t.Errorf("%s: exit code %d, want %d; %q, want %q", tt.args, code, tt.code, out, tt.out)
		}
	}
	p.signal(syscall.SIGTERM)
	p.wantExit(exitDone)
}

// With an authority for clients, those without a certificate are refused.
func TestServesCertified(t *testing.T) {
	dir := t.TempDir()
	certtest.New(t).Write(dir)
	p := launch(t, dir, nil, "busrt", "server", "-B", "tls://127.0.0.1:0",
		"--tls-cert", "cert.pem", "--tls-key", "key.pem", "--tls-client-ca", "ca.pem")
	p.waitLog("BUS/RT broker started")
	at := "tls://" + p.logged(`bind=tls:\S+ address=(\S+)`)
	if code, out := busrt(t, dir, "-s", "--tls-ca", "ca.pem", at, "broker", "test"); code == exitDone || code == exitDenied {
		t.Errorf("without a certificate: exit code %d, %q", code, out)
	}
	with := []string{"-s", "--tls-ca", "ca.pem", "--tls-cert", "cert.pem", "--tls-key", "key.pem", at, "broker", "test"}
	if code, out := busrt(t, dir, with...); code != exitDenied { // there is no name in it
		t.Errorf("with one: exit code %d, %q", code, out)
	}
	p.signal(syscall.SIGTERM)
	p.wantExit(exitDone)
}

// Sockets of the service manager are served by name or all, and stay.
func TestServesInherited(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "inherited.sock")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	f, err := ln.(*net.UnixListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for _, tt := range []struct {
		bind, refused string
	}{{"fd:", ""}, {"fd://bus", ""}, {"fd:other", "no such socket"}} {
		const manager = `LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=bus exec busrtd -B "$0"`
		cmd := exec.CommandContext(t.Context(), "sh", "-c", manager, tt.bind)
		cmd.Dir, cmd.ExtraFiles = dir, []*os.File{f}
		p := launchCommand(t, cmd)
		if tt.refused != "" {
			p.waitLog(tt.refused)
			p.wantExit(exitFailed)
			continue
		}
		p.waitLog("BUS/RT broker started")
		if code, out := busrt(t, dir, "-s", path, "broker", "test"); code != exitDone {
			t.Errorf("%s: exit code %d, %q", tt.bind, code, out)
		}
		p.signal(syscall.SIGTERM)
		p.wantExit(exitDone)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Error(err)
	}
}
