package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// child is a broker that was started to be measured.
type child struct {
	cmd     *exec.Cmd
	dir     string // of its socket
	address string
	said    tail
	ended   chan struct{}
}

// startTime is how long a broker may take until it answers.
const startTime = 10 * time.Second

// startChild starts a broker by words, in which {sock} stands for the path of a
// socket and {tcp} for a free address, and waits until it answers. It runs in
// a process group of its own, which what a terminal sends does not reach.
func startChild(ctx context.Context, name string, words []string) (*child, *target, error) {
	dir, err := os.MkdirTemp("", "busrt-bench-")
	if err != nil {
		return nil, nil, fmt.Errorf("busrt: %w", err)
	}
	c := &child{dir: dir, address: filepath.Join(dir, "b.sock"), ended: make(chan struct{})}
	words, err = c.place(words)
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	c.cmd = exec.Command(words[0], words[1:]...)
	if words[0] == ourselves {
		if c.cmd.Path, err = os.Executable(); err != nil {
			return nil, nil, errors.Join(err, os.RemoveAll(dir))
		}
		c.cmd.Err = nil // of looking it up
	}
	c.cmd.Stderr = &c.said
	c.cmd.SysProcAttr = apart()
	if err := c.cmd.Start(); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("busrt: starting %s: %w", name, err), os.RemoveAll(dir))
	}
	go func() {
		_ = c.cmd.Wait() // its state is kept
		close(c.ended)
	}()
	t, err := c.answer(ctx, name)
	if err != nil {
		return nil, nil, errors.Join(err, c.end())
	}
	return c, t, nil
}

// ourselves is this very program as the first word of a command.
const ourselves = "busrt"

// place puts the address into words.
func (c *child) place(words []string) ([]string, error) {
	text := strings.Join(words, " ")
	if strings.Contains(text, "{tcp}") {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("busrt: %w", err)
		}
		c.address = l.Addr().String()
		_ = l.Close() // it was only to find a free port
	}
	placed := make([]string, len(words))
	for i, word := range words {
		placed[i] = strings.NewReplacer("{sock}", c.address, "{tcp}", c.address).Replace(word)
	}
	return placed, nil
}

// answer waits until the broker does.
func (c *child) answer(ctx context.Context, name string) (*target, error) {
	late := time.After(startTime)
	for {
		t, err := reach(ctx, name, c.address, 0)
		if err == nil {
			if t.process == nil {
				t.process, err = processOf(c.cmd.Process.Pid)
			}
			return t, err
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-c.ended:
			return nil, &codedError{exitUnconnected, fmt.Errorf("busrt: %s has ended (%s): %q", name, c.cmd.ProcessState, c.said.last())}
		case <-late:
			return nil, &codedError{exitUnconnected, fmt.Errorf("busrt: %s does not answer: %w", name, err)}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// end kills the broker, and whatever it has started, and removes its socket.
func (c *child) end() error {
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL) // it may have ended
	<-c.ended
	return os.RemoveAll(c.dir)
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 4096

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	t.text = t.text[max(0, len(t.text)-tailSize):]
	return len(b), nil
}

// last is the last line.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := bytes.TrimSpace(t.text)
	return string(text[bytes.LastIndexByte(text, '\n')+1:])
}
