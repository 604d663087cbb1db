// Package examples_test builds the example programs and lets them talk through
// a broker.
package examples_test

import (
	"bufio"
	"context"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/internal/brokertest"
)

// patience is how long a program may take.
const patience = 20 * time.Second

func TestExamples(t *testing.T) {
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", dir, "./sender", "./listener", "./handler", "./caller")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, network := range []string{"unix", "tcp", "ws"} {
		t.Run(network, func(t *testing.T) {
			b := brokertest.Serve(t, network, engine.Options{})
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			program := func(name string, args ...string) *exec.Cmd {
				return exec.CommandContext(ctx, filepath.Join(dir, name), append([]string{b.Address}, args...)...)
			}
			run := func(name string, args ...string) string {
				out, err := program(name, args...).CombinedOutput()
				if err != nil && name != "caller" {
					t.Errorf("%s: %v", name, err)
				}
				return string(out)
			}

			listener := start(t, program("listener", "greetings/#"), "listening")
			run("sender", "elsewhere", "nobody hears this")
			run("sender", "greetings/world", "hello, bus")
			listener.prints("greetings/world from example.sender: hello, bus")

			if got := run("caller", "world"); got != "the handler does not run\n" {
				t.Errorf("the caller prints %q", got)
			}
			handler := start(t, program("handler"), "ready")
			if got := run("caller", "world"); got != "hello, world\n" {
				t.Errorf("the caller prints %q", got)
			}

			b.Stop(t)
			listener.prints("the broker goes")
			listener.ends()
			handler.ends()
		})
	}
}

// running is a program that goes on.
type running struct {
	t   *testing.T
	cmd *exec.Cmd
	out *bufio.Reader
}

// start starts a program and waits until it says that it is ready.
func start(t *testing.T, cmd *exec.Cmd, ready string) *running {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := &running{t, cmd, bufio.NewReader(out)}
	r.prints(ready)
	return r
}

// prints waits for the next line.
func (r *running) prints(want string) {
	r.t.Helper()
	line, err := r.out.ReadString('\n')
	if strings.TrimSuffix(line, "\n") != want || err != nil {
		r.t.Errorf("%s prints %q, %v, want %q", r.cmd.Path, line, err, want)
	}
}

// ends waits until the program has ended well, without another word.
func (r *running) ends() {
	r.t.Helper()
	rest, _ := io.ReadAll(r.out)
	if err := r.cmd.Wait(); err != nil || len(rest) > 0 {
		r.t.Errorf("%s: %v, prints %q", r.cmd.Path, err, rest)
	}
}
