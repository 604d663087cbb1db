package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// serveArg has this program be a broker.
const serveArg = "serve"

// server is what a broker in a process of its own is to be like.
type server struct {
	Dir         string
	Timeout     time.Duration
	MaxFrame    int
	QueueBytes  int
	Descriptors uint64   // limit; 0: as it is
	Environment []string // beside its starter's
}

// inside is what a broker tells of itself.
type inside struct {
	Goroutines int
	Engine     engine.Stats
	MostInUse  int64 // bytes queued, staged or partly received at once, until now
}

// serve is the broker: it says where it listens, and for each line that it reads
// what it has come to, until there are none.
func (o server) serve(ctx context.Context, in io.Reader, out io.Writer) error {
	if o.Descriptors > 0 {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: o.Descriptors, Max: o.Descriptors}); err != nil {
			return err
		}
	}
	b, err := engine.New(engine.Options{Timeout: o.Timeout, MaxFrame: o.MaxFrame, QueueBytes: o.QueueBytes})
	if err != nil {
		return err
	}
	b.InitCoreRPC()
	group, err := listeners.New(b, listeners.Options{MaxConnections: 1 << 20}) // descriptors run out before
	if err != nil {
		return err
	}
	var at [2]string
	for i, bind := range []string{filepath.Join(o.Dir, "broker.sock"), "127.0.0.1:0"} {
		addr, err := group.Listen(ctx, bind, listeners.ListenOptions{})
		if err != nil {
			return err
		}
		at[i] = addr.String()
	}
	answer := json.NewEncoder(out)
	if err := answer.Encode(at); err != nil {
		return err
	}
	var most atomic.Int64
	watching, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		for watching.Err() == nil {
			most.Store(max(most.Load(), b.InUse()))
			rest(watching, time.Millisecond)
		}
	}()
	for lines := bufio.NewScanner(in); lines.Scan(); {
		if err := answer.Encode(inside{runtime.NumGoroutine(), b.Stats(), most.Load()}); err != nil {
			return err
		}
	}
	return group.Shutdown(ctx)
}

// broker is a running one, from the outside.
type broker struct {
	process
	at  [2]string // of the unix socket, of TCP
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

// start starts this program as a broker.
func (o server) start(ctx context.Context) (*broker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	arg, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	b := &broker{cmd: exec.CommandContext(ctx, self, serveArg, string(arg))}
	b.cmd.Env, b.cmd.Stderr = append(os.Environ(), o.Environment...), os.Stderr
	if b.in, err = b.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := b.cmd.Start(); err != nil {
		return nil, err
	}
	b.pid, b.out = b.cmd.Process.Pid, json.NewDecoder(out)
	if err := b.out.Decode(&b.at); err != nil {
		return nil, fmt.Errorf("the broker does not start: %w", err)
	}
	return b, nil
}

// look asks the broker what it has come to; an error is that it is not up.
func (b *broker) look() (i inside, err error) {
	if _, err = io.WriteString(b.in, "\n"); err == nil {
		err = b.out.Decode(&i)
	}
	return i, err
}

// stop has the broker end, which must be without a fault.
func (b *broker) stop() error {
	_ = b.in.Close()
	return b.cmd.Wait()
}
