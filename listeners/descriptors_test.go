//go:build linux

package listeners

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// Of the child: its socket, and Options.MaxConnections.
const (
	childSocket = "BUSRT_TEST_SOCKET"
	childMost   = "BUSRT_TEST_CONNECTIONS"
	childLimit  = 256 // its descriptors
)

// TestDescriptorsChild is no test: it is the broker of TestDescriptorsExhausted, a
// process of its own with few descriptors.
func TestDescriptorsChild(t *testing.T) {
	sock := os.Getenv(childSocket)
	if sock == "" {
		t.Skip("the child of TestDescriptorsExhausted")
	}
	check(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: childLimit, Max: childLimit}))
	most, err := strconv.Atoi(os.Getenv(childMost))
	check(t, err)
	b, err := engine.New(engine.Options{Timeout: patience})
	check(t, err)
	g, err := New(b, Options{Loops: 1, MaxConnections: most})
	check(t, err)
	_, err = g.Listen(t.Context(), sock, ListenOptions{})
	check(t, err)
	_, err = io.WriteString(os.Stdout, "listening\n")
	check(t, err)
	_, _ = io.Copy(io.Discard, os.Stdin) // until the parent closes it
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	check(t, g.Shutdown(ctx))
}

// 400 connections to a process of 256 descriptors: by the limit of connections,
// or, that being too high, by the kernel's answer. It neither ends nor spins;
// who is there is served, and who comes when descriptors are free, too.
//
// Mutants it fails with: rest that stays watched; tick that does not resume.
func TestDescriptorsExhausted(t *testing.T) {
	for name, most := range map[string]int{"by our limit": 0, "by the kernel's": 10_000} {
		t.Run(name, func(t *testing.T) {
			sock, child := startChild(t, most)
			dialed := make([]net.Conn, 400)
			bystander := connect(t, &net.UnixAddr{Name: sock, Net: "unix"}, "bystander")
			for i := range dialed {
				c, err := net.Dial("unix", sock)
				check(t, err)
				dialed[i] = c
				defer func() { _ = c.Close() }()
			}
			before, begun := processorTime(t, child.Process.Pid), time.Now()
			slowest := time.Duration(0)
			for time.Since(begun) < time.Second {
				at := time.Now()
				bystander.message("bystander", "here")
				bystander.got(codec.KindMessage, "bystander", "", "here")
				slowest = max(slowest, time.Since(at))
				<-time.After(10 * time.Millisecond)
			}
			if used, d := processorTime(t, child.Process.Pid)-before, time.Since(begun); used > d/5 {
				t.Errorf("%v of %v on a processor", used, d)
			}
			if slowest > time.Second {
				t.Errorf("the bystander waited for %v", slowest)
			}
			for _, c := range dialed {
				_ = c.Close()
			}
			freed := time.Now()
			connect(t, &net.UnixAddr{Name: sock, Net: "unix"}, "late")
			if d := time.Since(freed); d > 2*time.Second {
				t.Errorf("a new client had to wait for %v", d)
			}
		})
	}
}

func startChild(t *testing.T, most int) (sock string, child *exec.Cmd) {
	t.Helper()
	sock = t.TempDir() + "/b.sock"
	child = exec.Command(os.Args[0], "-test.run=^TestDescriptorsChild$")
	child.Env = append(os.Environ(), childSocket+"="+sock, childMost+"="+strconv.Itoa(most))
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	check(t, err)
	out, err := child.StdoutPipe()
	check(t, err)
	check(t, child.Start())
	said := bufio.NewReader(out)
	line, err := said.ReadString('\n')
	if check(t, err); line != "listening\n" {
		t.Fatalf("the child says %q", line)
	}
	t.Cleanup(func() {
		_ = in.Close()
		rest, _ := io.ReadAll(said)
		if err := child.Wait(); err != nil {
			t.Errorf("the child ends with %v:\n%s", err, rest)
		}
	})
	return sock, child
}

// processorTime is what a process has used so far.
func processorTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	check(t, err)
	_, rest, _ := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest)
	const user, system = 11, 12 // behind the name
	ticks := 0
	for _, i := range []int{user, system} {
		n, err := strconv.Atoi(fields[i])
		check(t, err)
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100
}
