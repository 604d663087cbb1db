package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// The words of the reference at the start, and what is at each address.
func TestServes(t *testing.T) {
	p := serving(t, "busrt", "server", "-B", "b.sock", "-B", "127.0.0.1:0", "-B", "fifo:in", "-P", "pid",
		"-w", "2", "-t", "1.5", "--queue-size", "100", "--buf-size", "1000", "--buf-ttl", "50")
	tcp := p.logged(`address=(\S+)`)
	want := []string{
		"starting BUS/RT server", "workers: 2", "buf size: 1000", "buf ttl: 50µs", "queue size: 100", "timeout: 1.5s",
		"created pid file pid", "binding at b.sock", "binding at 127.0.0.1:0",
		"listening bind=127.0.0.1:0 address=" + tcp, "binding at fifo:in", "BUS/RT broker started",
	}
	for i, line := range p.seen {
		if prefix := logLine.FindString(line); prefix == "" || i >= len(want) || line[len(prefix):] != want[i] {
			t.Errorf("line %d of the log: %q", i, line)
		}
	}
	if len(p.seen) != len(want) {
		t.Errorf("%d lines, want %d", len(p.seen), len(want))
	}

	if got, err := os.ReadFile(filepath.Join(p.dir, "pid")); err != nil || string(got) != strconv.Itoa(p.cmd.Process.Pid) {
		t.Errorf("the pid file says %q (%v), the process is %d", got, err, p.cmd.Process.Pid)
	}
	local := join(t, "unix", filepath.Join(p.dir, "b.sock"), "local")
	remote := join(t, "tcp", tcp, "remote")
	remote.deliver("local", []byte("over TCP"))
	if d := local.next(); string(d.Sender) != "remote" || string(d.Payload) != "over TCP" {
		t.Errorf("%+v", d)
	}
	fifo, err := os.OpenFile(filepath.Join(p.dir, "in"), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fifo.WriteString("local from a script\n"); err != nil { // [BUSRT-L1]
		t.Fatal(err)
	}
	_ = fifo.Close()
	if d := local.next(); string(d.Sender) != ".broker" || string(d.Payload) != "from a script" {
		t.Errorf("%+v", d)
	}
	p.signal(syscall.SIGTERM)
	p.wantExit(exitDone)
	p.wantEmpty()
}

func TestForceRegister(t *testing.T) { // [BUSRT-H5] [BUSRT-H10]
	for _, forced := range []bool{false, true} {
		args := []string{"busrtd", "-B", "b.sock", "--force-register"}
		want := codec.OK
		if !forced {
			args, want = args[:3], codec.Busy
		}
		p := serving(t, args...)
		sock := filepath.Join(p.dir, "b.sock")
		first := join(t, "unix", sock, "x")
		if got := dial(t, "unix", sock).hello("x"); got != want {
			t.Errorf("--force-register %t: the second of a name gets %v, want %v", forced, got, want)
		}
		if forced {
			first.wantEnd()
		} else {
			first.wantService()
		}
	}
}

func TestTimeout(t *testing.T) { // [BUSRT-H8]
	p := serving(t, "busrtd", "-B", "b.sock", "-t", "0.2")
	start := time.Now()
	dial(t, "unix", filepath.Join(p.dir, "b.sock")).wantEnd()
	if d := time.Since(start); d < 200*time.Millisecond || d > 4*time.Second {
		t.Errorf("a client that says nothing was closed after %v", d)
	}
}

func TestProcessors(t *testing.T) {
	loops := runtime.NumCPU() + 1 // not what it is anyway
	tests := []struct {
		env  string
		want int
	}{
		{"GOMAXPROCS=", loops},
		{"GOMAXPROCS=" + strconv.Itoa(loops+1), loops + 1},
	}
	for _, tt := range tests {
		p := launch(t, t.TempDir(), []string{tt.env}, "busrtd", "-B", "b.sock", "-w", strconv.Itoa(loops), "--verbose")
		p.waitLog("BUS/RT broker started")
		if got := p.logged(`DBG processors GOMAXPROCS=(\d+)`); got != strconv.Itoa(tt.want) {
			t.Errorf("%s -w %d: GOMAXPROCS is %s, want %d", tt.env, loops, got, tt.want)
		}
	}
}

func TestSecondBrokerIsRefused(t *testing.T) {
	p := serving(t, "busrt", "server", "-B", "b.sock", "-B", "fifo:in", "-P", "pid")
	before := files(t, p.dir)
	tests := []struct{ args, want string }{
		{"-B b.sock", `busrt: bind "b.sock": another broker is listening there (it holds b.sock.lock)`},
		{"-B fifo:in", `busrt: bind "fifo:in": another broker is listening there (it holds in.lock)`},
		{"-B other.sock -B b.sock -P other", `busrt: bind "b.sock": another broker is listening there (it holds b.sock.lock)`},
		{"-B other.sock -P pid", `busrt: pid file "pid": is in use by another broker`},
	}
	for _, tt := range tests {
		if got := refused(t, p.dir, append([]string{"busrtd"}, strings.Fields(tt.args)...)...); got != tt.want {
			t.Errorf("%s: said %q, want %q", tt.args, got, tt.want)
		}
		if got := files(t, p.dir); !slices.Equal(got, before) {
			t.Errorf("%s: %q became %q", tt.args, before, got)
		}
	}
	if got, err := os.ReadFile(filepath.Join(p.dir, "pid")); err != nil || string(got) != strconv.Itoa(p.cmd.Process.Pid) {
		t.Errorf("the pid file of the first now says %q (%v)", got, err)
	}
	join(t, "unix", filepath.Join(p.dir, "b.sock"), "x").wantService()
	p.signal(syscall.SIGTERM)
	p.wantExit(exitDone)
	p.wantEmpty()
}

// A listening socket that has no lock file, as that of the reference.
func TestLiveSocketIsRefused(t *testing.T) {
	dir := t.TempDir()
	sock := filepath.Join(dir, "b.sock")
	l, err := net.Listen("unix", sock)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if got, want := refused(t, dir, "busrtd", "-B", "b.sock"), `busrt: bind "b.sock": another broker is listening there`; got != want {
		t.Errorf("said %q, want %q", got, want)
	}
	if got := files(t, dir); !slices.Equal(got, []string{"b.sock"}) {
		t.Errorf("what is there now: %q", got)
	}
	if c, err := net.Dial("unix", sock); err != nil {
		t.Errorf("nobody answers any more: %v", err)
	} else {
		_ = c.Close()
	}
}

func TestAddressInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	at := l.Addr().String()
	dir := t.TempDir()
	want := fmt.Sprintf("busrt: bind %q: bind: address already in use", at)
	if got := refused(t, dir, "busrtd", "-B", "b.sock", "-B", at, "-P", "pid"); got != want {
		t.Errorf("said %q, want %q", got, want)
	}
	if got := files(t, dir); len(got) > 0 {
		t.Errorf("left behind: %q", got)
	}
}

// A killed broker leaves everything behind; its successor takes it over.
func TestAfterKill(t *testing.T) {
	args := []string{"busrtd", "-B", "b.sock", "-B", "fifo:in", "-P", "pid"}
	p := serving(t, args...)
	p.signal(syscall.SIGKILL)
	if _, sig := p.wait(); sig != syscall.SIGKILL {
		t.Fatalf("died by %v", sig)
	}
	if got := files(t, p.dir); len(got) != 5 {
		t.Fatalf("left behind: %q", got)
	}
	next := launch(t, p.dir, nil, args...)
	next.waitLog("BUS/RT broker started")
	if got, err := os.ReadFile(filepath.Join(p.dir, "pid")); err != nil || string(got) != strconv.Itoa(next.cmd.Process.Pid) {
		t.Errorf("the pid file says %q (%v), the process is %d", got, err, next.cmd.Process.Pid)
	}
	join(t, "unix", filepath.Join(p.dir, "b.sock"), "x").wantService()
	next.signal(syscall.SIGTERM)
	next.wantExit(exitDone)
	next.wantEmpty()
}

// A broker whose log nobody reads any more goes on.
func TestLogReaderGone(t *testing.T) {
	p := serving(t, "busrtd", "-B", "b.sock", "--verbose")
	if err := p.stderr.Close(); err != nil {
		t.Fatal(err)
	}
	sock := filepath.Join(p.dir, "b.sock")
	_ = join(t, "unix", sock, "x").conn.Close() // logged
	join(t, "unix", sock, "y").wantService()
	p.signal(syscall.SIGTERM)
	p.wantExit(exitDone)
	p.wantEmpty()
}

// Being asked to stop before it has begun is no failure.
func TestStopWhileStarting(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var log bytes.Buffer
	// The number of loops would become that of this process's processors.
	t.Setenv("GOMAXPROCS", strconv.Itoa(runtime.GOMAXPROCS(0)))
	err := run(ctx, []string{"busrtd", "-B", "b.sock", "-B", "localhost:0", "-P", "pid"}, stdio{out: &log, err: &log})
	if err != nil || strings.Contains(log.String(), "BUS/RT broker started") {
		t.Errorf("%v\n%s", err, &log)
	}
	if got := files(t, "."); len(got) > 0 {
		t.Errorf("left behind: %q", got)
	}
}
