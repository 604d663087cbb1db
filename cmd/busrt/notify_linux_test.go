package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/codec"
)

// manager is what a service manager hears from its service.
type manager struct {
	t    *testing.T
	conn *net.UnixConn
	path string
}

func newManager(t *testing.T) *manager {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &manager{t, conn, path}
}

// hears gives the next message, or none if there is silence for so long.
func (m *manager) hears(silence time.Duration) string {
	m.t.Helper()
	if err := m.conn.SetReadDeadline(time.Now().Add(silence)); err != nil {
		m.t.Fatal(err)
	}
	b := make([]byte, 4096)
	n, err := m.conn.Read(b)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		m.t.Fatal(err)
	}
	return string(b[:n])
}

func (m *manager) wants(prefix string) {
	m.t.Helper()
	if got := m.hears(patience); !strings.HasPrefix(got, prefix) {
		m.t.Fatalf("the service says %q, want %s", got, prefix)
	}
}

// Start, reload and stop as a service manager hears of them.
func TestNotify(t *testing.T) {
	m := newManager(t)
	dir := t.TempDir()
	configure(t, dir, "[[listen]]\nurl = \"b.sock\"\n")
	p := launch(t, dir, []string{"NOTIFY_SOCKET=" + m.path}, "busrt", "server", "--config", "busrt.toml")
	m.wants("READY=1")
	join(t, "unix", filepath.Join(dir, "b.sock"), "x").wantService()
	p.signal(syscall.SIGHUP)
	m.wants("RELOADING=1\nMONOTONIC_USEC=")
	m.wants("READY=1")
	configure(t, dir, "nonsense")
	p.signal(syscall.SIGHUP)
	m.wants("RELOADING=1")
	m.wants("READY=1") // with what it had
	p.waitLog("configuration not reloaded")
	p.signal(syscall.SIGTERM)
	m.wants("STOPPING=1")
	p.wantExit(exitDone)
}

// The watchdog is fed while event loops come by, and not otherwise: here a loop
// waits until somebody reads the log.
//
// Mutant it fails with: watchdog without a look at Lag.
func TestWatchdog(t *testing.T) {
	const interval = 2 * time.Second
	m := newManager(t)
	dir := t.TempDir()
	log, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	if _, err := unix.FcntlInt(to.Fd(), unix.F_SETPIPE_SZ, 4096); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "busrt", "server", "-B", "b.sock", "--verbose", "-w", "1")
	cmd.Dir, cmd.Stderr = dir, to
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+m.path, "WATCHDOG_USEC=2000000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = to.Close()
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	in := bufio.NewScanner(log)
	started := false
	for !started && in.Scan() {
		started = strings.Contains(in.Text(), "broker started")
	}
	m.wants("READY=1")
	m.wants("WATCHDOG=1")

	for begun := time.Now(); fill(t, filepath.Join(dir, "b.sock")); {
		if time.Since(begun) > patience { // ten lines a second come through
			t.Fatal("the loop goes on, whatever it has to log")
		}
	}
	for begun := time.Now(); m.hears(interval) != ""; { // what was on its way
		if time.Since(begun) > patience {
			t.Fatal("a loop is held up, and the service goes on to feed the watchdog")
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, log)
	}()
	m.wants("WATCHDOG=1")
}

// fill makes the broker write a line of its log; false: it has stopped answering.
func fill(t *testing.T, path string) bool {
	t.Helper()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err = io.ReadFull(c, make([]byte, len(codec.Greeting))); err == nil {
		_, _ = c.Write(codec.AppendHello(codec.Greeting[:], "x"))
		_, err = io.ReadFull(c, make([]byte, 2)) // "client left" is to come
	}
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

// systemd-socket-activate starts the broker at the first connection.
func TestSocketActivate(t *testing.T) {
	tool, err := exec.LookPath("systemd-socket-activate")
	if err != nil {
		t.Skip(err)
	}
	self, err := exec.LookPath("busrt")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "b.sock")
	p := launch(t, dir, nil, tool, "-l", path, "--fdname=busrt", "-E", "PATH", self, "server", "-B", "fd:busrt")
	p.waitLog("Listening on")
	join(t, "unix", path, "x").wantService()
	p.signal(syscall.SIGTERM)
	p.wantExit(exitDone)
}
