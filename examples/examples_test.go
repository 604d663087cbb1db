// Package examples_test builds the example programs and lets them talk through
// a broker.
package examples_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/internal/brokertest"
)

// patience is how long a program may take.
const patience = time.Minute

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

// Programs that have everything in themselves, and what they print.
func TestWholeExamples(t *testing.T) {
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", dir, "./...")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, tt := range []struct {
		name, args string
		want       []string
	}{
		{"embedded", "", []string{"panel starts the pump", "the pump is running"}},
		{"batch", "", []string{"100000 frames, their sum is 4999950000"}},
		{"topics", "", []string{"the door: on", "lamp kitchen: on", "not known: house/garden"}},
		{"secondaries", "", []string{
			"plant%%0, which is plant", "plant%%1, which is plant",
			"plant%%1 has ended: busrt: disconnected: busrt: primary client left",
			"plant%%0 has ended: busrt: disconnected: busrt: primary client left",
		}},
		{"methods", "", []string{
			"stopped for panel, announced on .broker/plant", "to announce oneself: busrt: access denied",
		}},
		{"cursors", "", []string{"0", "1", "4", "9", "16", "25", "36", "49", "64", "81"}},
		{"middleware", "", []string{
			"call 1", "slow: code -32120", "call 2", "faulty: code -32603", "call 3", "none: code -32601",
		}},
		{"typed", "", []string{"me, 1, renamed", "bad params: true"}},
		{"serveconn", "", []string{"piped: hello, pipe"}},
		{"reconnect", filepath.Join(dir, "r.sock"), []string{"connected", "disconnected", "connected", "heard again"}},
		{"websocket", "", []string{
			`panel with "b4nana": welcome`, `panel with "a guess": access denied`, `boss with "b4nana": access denied`,
		}},
		{"tls", "", []string{"panel: welcome", "boss: access denied"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			out, err := exec.CommandContext(ctx, filepath.Join(dir, tt.name), strings.Fields(tt.args)...).CombinedOutput()
			if want := strings.Join(tt.want, "\n") + "\n"; string(out) != want || err != nil {
				t.Errorf("prints\n%s%v, want\n%s", out, err, want)
			}
		})
	}
	t.Run("interthread", func(t *testing.T) { interthread(t, filepath.Join(dir, "interthread"), dir+"/i.sock") })
	t.Run("access", func(t *testing.T) { access(t, filepath.Join(dir, "access")) })
}

// Workers of the program, then one from outside.
func interthread(t *testing.T, program, path string) {
	t.Helper()
	p := start(t, exec.CommandContext(t.Context(), program, path), "ready")
	p.until("dug by worker.1, worker.2, worker.3")
	c, err := client.Dial(t.Context(), path, client.Options{Name: "worker.4"})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for f := range c.C() {
			_ = c.Send(t.Context(), f.Sender, nil, codec.QoSNo)
		}
	}()
	p.until("dug by worker.1, worker.2, worker.3, worker.4")
	if err := errors.Join(c.Close(), p.cmd.Process.Signal(os.Interrupt)); err != nil {
		t.Error(err)
	}
	p.leaves()
}

// What the two clients may do, and that the second is disconnected.
func access(t *testing.T, program string) {
	t.Helper()
	p := start(t, exec.CommandContext(t.Context(), program, "127.0.0.1:0", "1500ms"), "")
	at := strings.TrimPrefix(p.line, "listening at ")
	ctx := t.Context()
	dial := func(name string) *client.Client {
		c, err := client.Dial(ctx, at, client.Options{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	test, test2 := dial("test"), dial("test2")
	for _, tt := range []struct {
		what string
		err  error
		want error
	}{
		{"test2 to test", test2.Send(ctx, "test", nil, codec.QoSProcessed), nil},
		{"test2 to itself", test2.Send(ctx, "test2", nil, codec.QoSProcessed), codec.AccessDenied},
		{"test2 publishes news", test2.Publish(ctx, "news/today", nil, codec.QoSProcessed), nil},
		{"test2 publishes else", test2.Publish(ctx, "weather", nil, codec.QoSProcessed), codec.AccessDenied},
		{"test subscribes", test.Subscribe(ctx, "#"), nil},
		{"test broadcasts", test.Broadcast(ctx, "*", nil, codec.QoSProcessed), nil},
	} {
		if !errors.Is(tt.err, tt.want) || (tt.err == nil) != (tt.want == nil) {
			t.Errorf("%s: %v, want %v", tt.what, tt.err, tt.want)
		}
	}
	if _, err := client.Dial(ctx, at, client.Options{Name: "test3"}); !errors.Is(err, codec.AccessDenied) {
		t.Errorf("test3: %v", err)
	}
	<-test2.Done()
	p.until("test2 is disconnected")
	if test.Err() != nil {
		t.Errorf("test: %v", test.Err())
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	p.leaves()
}

// running is a program that goes on.
type running struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  *bufio.Reader
	line string // the last one
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
	r := &running{t: t, cmd: cmd, out: bufio.NewReader(out)}
	if ready == "" {
		r.read()
	} else {
		r.prints(ready)
	}
	return r
}

// read waits for the next line.
func (r *running) read() {
	r.t.Helper()
	line, err := r.out.ReadString('\n')
	if err != nil {
		r.t.Fatalf("%s: %v", r.cmd.Path, err)
	}
	r.line = strings.TrimSuffix(line, "\n")
}

// until waits for a line, past others.
func (r *running) until(want string) {
	r.t.Helper()
	r.read()
	for r.line != want {
		r.read()
	}
}

// leaves waits until the program has ended well, whatever it still prints.
func (r *running) leaves() {
	r.t.Helper()
	_, _ = io.ReadAll(r.out)
	if err := r.cmd.Wait(); err != nil {
		r.t.Errorf("%s: %v", r.cmd.Path, err)
	}
}

// prints waits for the next line.
func (r *running) prints(want string) {
	r.t.Helper()
	if r.read(); r.line != want {
		r.t.Errorf("%s prints %q, want %q", r.cmd.Path, r.line, want)
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
