package bench

import (
	"context"
	"fmt"
	"net"
	"time"
)

// Process is a broker's, seen from outside. Methods may be called by any
// goroutine. Linux only; elsewhere none can be found.
type Process struct{ pid int }

// NewProcess finds a process of this machine by its id.
func NewProcess(pid int) (*Process, error) {
	p := &Process{pid}
	if _, err := p.use(); err != nil {
		return nil, fmt.Errorf("busrt: process %d: %w", pid, err)
	}
	return p, nil
}

// Listening finds the process that listens on a unix socket.
func Listening(ctx context.Context, path string) (*Process, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("busrt: %w", err)
	}
	defer func() { _ = c.Close() }() // it was only looked at
	pid, err := peer(c.(*net.UnixConn))
	if err != nil {
		return nil, fmt.Errorf("busrt: whose socket is %s: %w", path, err)
	}
	return NewProcess(pid)
}

// PID is its id.
func (p *Process) PID() int { return p.pid }

// use is what a process has used up to now.
type use struct {
	cpu      time.Duration // of all its threads, in user mode and in the kernel
	resident int64         // bytes of memory, now
}

// since is what was used between two moments, nothing if the process has ended
// meanwhile; memory is that of the later.
func (u use) since(before use) use { return use{max(u.cpu-before.cpu, 0), u.resident} }

// now is what it has used; nothing if it is not seen, or not any more.
func (p *Process) now() use {
	if p == nil {
		return use{}
	}
	u, _ := p.use() // the stage tells if its broker is gone
	return u
}
