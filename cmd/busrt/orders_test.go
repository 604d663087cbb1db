package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// SIGUSR1 logs what the broker is at.
func TestStateInLog(t *testing.T) {
	p := serving(t, "busrt", "server", "-B", "b.sock")
	join(t, "unix", filepath.Join(p.dir, "b.sock"), "somebody")
	p.signal(syscall.SIGUSR1)
	p.waitLog(`INF state uptime=\S+ connections=1 ready=true `)
	p.waitLog(`INF "?state: client"? name=somebody kind=local_ipc source="" port=b.sock uid=` + strconv.Itoa(os.Getuid()))
}

// SIGUSR2: nobody is let in, the address is free, who is there stays and is
// served; the broker ends when the last one has left.
func TestDrain(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, "[admin]\nlisten = \"admin.sock\"\n[[listen]]\nurl = \"b.sock\"\n[[listen]]\nurl = \"127.0.0.1:0\"\n[[listen]]\nurl = \"ws://127.0.0.1:0\"\n")
	p := launch(t, dir, nil, "busrt", "server", "--config", "busrt.toml")
	p.waitLog("BUS/RT broker started")
	sock := filepath.Join(dir, "b.sock")
	c := join(t, "unix", sock, "x")
	if got := health(t, dir, "readyz"); got != http.StatusOK {
		t.Errorf("before: status %d", got)
	}
	p.signal(syscall.SIGUSR2)
	p.waitLog("draining clients=1")
	p.waitLog("addresses given up connections=1")
	if _, err := os.Stat(sock); err == nil {
		t.Error("the socket stays")
	}
	if got := health(t, dir, "readyz"); got != http.StatusServiceUnavailable {
		t.Errorf("readyz: status %d", got)
	}
	if got := health(t, dir, "livez"); got != http.StatusOK {
		t.Errorf("livez: status %d", got)
	}
	for _, port := range []string{p.logged(`bind=127.0.0.1:0 address=(\S+)`), p.logged(`bind=ws://127.0.0.1:0 address=(\S+)`)} {
		if late, err := net.Dial("tcp", port); err == nil {
			_ = late.Close()
			t.Errorf("%s lets somebody in", port)
		}
	}
	next := launch(t, dir, nil, "busrt", "server", "-B", "b.sock")
	next.waitLog("BUS/RT broker started")
	c.wantService()
	_ = c.conn.Close()
	p.waitLog("all clients have left")
	p.wantExit(exitDone)
	join(t, "unix", sock, "y").wantService()
	next.signal(syscall.SIGTERM)
	next.wantExit(exitDone)
}

// health asks the admin address and gives the status.
func health(t *testing.T, dir, path string) int {
	t.Helper()
	conn, err := net.Dial("unix", filepath.Join(dir, "admin.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte("GET /" + path + " HTTP/1.0\r\nHost: localhost\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	code, err := strconv.Atoi(strings.Fields(string(answer))[1])
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// -D: the first process ends once all addresses are bound, the second serves, has
// a session of its own, and has let go of stderr.
func TestDaemon(t *testing.T) {
	dir := t.TempDir()
	p := launch(t, dir, []string{"DISABLE_SYSLOG=1"}, "busrtd", "-B", "b.sock", "-D", "-P", "pid")
	p.wantExit(exitDone)
	held, err := os.Open(filepath.Join(dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	text, err := io.ReadAll(held)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil || pid == p.cmd.Process.Pid {
		t.Fatalf("pid %q", text)
	}
	daemon, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = daemon.Kill() }()
	join(t, "unix", filepath.Join(dir, "b.sock"), "x").wantService()
	if session, _, _ := syscall.RawSyscall(syscall.SYS_GETSID, uintptr(pid), 0, 0); int(session) != pid {
		t.Errorf("session %d of process %d", session, pid)
	}
	for fd := range 3 {
		if to, err := os.Readlink("/proc/" + string(text) + "/fd/" + strconv.Itoa(fd)); err != nil || to != os.DevNull {
			t.Errorf("descriptor %d is %s (%v)", fd, to, err)
		}
	}
	if err := daemon.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := unix.Flock(int(held.Fd()), unix.LOCK_EX); err != nil { // until it has ended
		t.Fatal(err)
	}
	if got := files(t, dir); len(got) > 0 {
		t.Errorf("left behind: %q", got)
	}
}

// What a daemon fails with is seen, and it fails with the same exit code.
func TestDaemonFails(t *testing.T) {
	dir := t.TempDir()
	if got := refused(t, dir, "busrtd", "-B", "none/b.sock", "-D", "-P", "pid"); got != `busrt: bind "none/b.sock": the directory none does not exist` {
		t.Errorf("said %q", got)
	}
	if got := files(t, dir); len(got) > 0 {
		t.Errorf("left behind: %q", got)
	}
}

// The forms of the log, as flags and as configuration.
func TestLogFormats(t *testing.T) {
	for format, want := range map[string]string{
		"text":    `^\S+ INF BUS/RT broker started$`,
		"json":    `^\{"time":"[^"]+","level":"INFO","msg":"BUS/RT broker started"\}$`,
		"journal": `^<6>BUS/RT broker started$`,
		"auto":    `^\S+ INF BUS/RT broker started$`,
	} {
		p := launch(t, t.TempDir(), nil, "busrt", "server", "-B", "b.sock", "--log-format", format)
		p.waitLog("BUS/RT broker started")
		if last := p.seen[len(p.seen)-1]; !regexp.MustCompile(want).MatchString(last) {
			t.Errorf("%s: %q", format, last)
		}
		p.signal(syscall.SIGTERM)
		p.wantExit(exitDone)
	}
}
