//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/cputime"
)

const (
	startTime = 10 * time.Second
	retry     = 5 * time.Millisecond
)

// echo has every connection ask and wait for the answer, again and again.
func echo(ctx context.Context, o options) (result, error) {
	dir, err := os.MkdirTemp("", "limits.")
	if err != nil {
		return result{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "echo.sock")
	ctx, cancel := context.WithCancel(ctx)
	server, err := child(ctx, nil, serveCommand, path)
	if err != nil {
		cancel()
		return result{}, err
	}
	defer func() { _ = server.Wait() }()
	defer cancel()

	conns := make([]net.Conn, o.connections)
	defer func() {
		for _, c := range conns {
			if c != nil {
				_ = c.Close()
			}
		}
	}()
	for i := range conns {
		if conns[i], err = connect(ctx, path, "limits."+strconv.Itoa(i)); err != nil {
			return result{}, err
		}
	}
	defer context.AfterFunc(ctx, func() {
		for _, c := range conns {
			_ = c.SetDeadline(time.Unix(1, 0))
		}
	})()
	return ask(conns, o, server.Process.Pid)
}

// child starts this program once more; it ends with ctx.
func child(ctx context.Context, files []*os.File, args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, self, args...)
	c.Stderr, c.ExtraFiles = os.Stderr, files
	return c, c.Start()
}

// connect registers a client with the server, which may be still to come.
func connect(ctx context.Context, path, name string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	tick := time.NewTicker(retry)
	defer tick.Stop()
	for {
		c, err := new(net.Dialer).DialContext(ctx, "unix", path)
		if err == nil {
			return c, greet(c, name)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, err
		}
	}
}

func greet(c net.Conn, name string) error {
	if _, err := c.Write(codec.AppendHello(codec.Greeting[:], name)); err != nil {
		return errors.Join(err, c.Close())
	}
	var answers [len(codec.Greeting) + 2]byte
	if _, err := io.ReadFull(c, answers[:]); err != nil {
		return errors.Join(err, c.Close())
	}
	return nil
}

// ask measures; pid is that of the server.
func ask(conns []net.Conn, o options, pid int) (result, error) {
	request, answer := call(o.payloadSize)
	var over atomic.Bool
	var calls atomic.Int64
	errs := make([]error, len(conns))
	start, cpu := time.Now(), time.Duration(0)
	before, err := cputime.Of(pid)
	if err != nil {
		return result{}, err
	}
	defer time.AfterFunc(o.duration, func() { over.Store(true) }).Stop()
	var all sync.WaitGroup
	for i, c := range conns {
		all.Go(func() {
			n, buffer := 0, make([]byte, len(answer))
			for ; errs[i] == nil && !over.Load(); n++ {
				if _, errs[i] = c.Write(request); errs[i] == nil {
					_, errs[i] = io.ReadFull(c, buffer)
				}
			}
			if errs[i] == nil && string(buffer) != string(answer) {
				errs[i] = fmt.Errorf("busrt: wrong answer %x", buffer)
			}
			calls.Add(int64(n))
		})
	}
	all.Wait()
	r := result{operations: int(calls.Load()), elapsed: time.Since(start)}
	r.bytes = r.operations * len(answer)
	if cpu, err = cputime.Of(pid); err == nil {
		err = errors.Join(errs...)
	}
	r.cpu = cpu - before
	return r, err
}

// call gives the bytes of a call and those that answer it.
func call(payloadSize int) (request, answer []byte) {
	const id = 1
	payload := make([]byte, payloadSize)
	body := codec.AppendRPCRequest(nil, id, echoMethod, payload)
	request = codec.AppendFrame(nil, id, codec.OpMessage, codec.QoSRealtimeProcessed, brokerName, body)
	f := codec.Frame{ID: id, QoS: codec.QoSRealtimeProcessed}
	return request, appendAnswer(nil, new([]byte), &f, &codec.RPC{ID: id, Method: []byte(echoMethod), Data: payload})
}
