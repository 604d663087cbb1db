//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/internal/cputime"
)

// batch is how many bytes a sender writes at once, at least a frame.
const batch = 64 << 10

// relayOf relays frames of so many bytes.
func relayOf(frame int, splice bool) func(context.Context, options) (result, error) {
	return func(ctx context.Context, o options) (result, error) {
		how := strconv.Itoa(o.buffer)
		if splice {
			how = spliceHow
		}
		return relay(ctx, o.duration, frame, how)
	}
}

// relay sends frames to a process that forwards them, and receives them.
func relay(ctx context.Context, d time.Duration, frame int, how string) (result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in, inFile, err := pair()
	if err != nil {
		return result{}, err
	}
	defer func() { _ = in.Close() }()
	out, outFile, err := pair()
	if err != nil {
		return result{}, errors.Join(err, inFile.Close())
	}
	defer func() { _ = out.Close() }()
	forwarder, err := child(ctx, []*os.File{inFile, outFile}, forwardCommand, how, strconv.Itoa(frame))
	if err = errors.Join(err, inFile.Close(), outFile.Close()); err != nil {
		return result{}, err
	}

	before, err := awake(ctx, in, out, forwarder.Process.Pid)
	if err != nil {
		cancel()
		return result{}, errors.Join(err, forwarder.Wait())
	}
	start := time.Now()
	sent := make(chan int, 1)
	go func() { sent <- send(in, d, frame) }()
	received, err := receive(out)
	r := result{operations: received / frame, bytes: received, elapsed: time.Since(start)}
	if err != nil {
		cancel()
	}
	if ended := forwarder.Wait(); err == nil {
		err = ended
	}
	_ = in.Close() // in case nobody takes what is sent
	if n := <-sent; err == nil && n != received {
		err = fmt.Errorf("busrt: %d bytes sent, %d received", n, received)
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	r.cpu = forwarder.ProcessState.UserTime() + forwarder.ProcessState.SystemTime() - before
	return r, err
}

// awake waits until a byte comes through, and tells what the forwarder has taken
// until then.
func awake(ctx context.Context, in, out net.Conn, pid int) (time.Duration, error) {
	defer context.AfterFunc(ctx, func() { _ = out.SetDeadline(time.Unix(1, 0)) })()
	if _, err := in.Write([]byte{0}); err != nil {
		return 0, err
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		return 0, err
	}
	return cputime.Of(pid)
}

// pair gives a connection and its other end, for a child.
func pair() (*net.UnixConn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	ours, other := os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "other")
	c, err := net.FileConn(ours)
	if err = errors.Join(err, ours.Close()); err != nil {
		return nil, nil, errors.Join(err, other.Close())
	}
	return c.(*net.UnixConn), other, nil
}

// send sends whole frames for a while and tells how many bytes they were.
func send(c *net.UnixConn, d time.Duration, frame int) (sent int) {
	b := make([]byte, max(1, batch/frame)*frame)
	for end := time.Now().Add(d); time.Now().Before(end); {
		n, err := c.Write(b)
		sent += n
		if err != nil {
			return sent // the receiver will not have got as much
		}
	}
	_ = c.CloseWrite()
	return sent
}

// receive counts bytes until there are no more.
func receive(c *net.UnixConn) (received int, err error) {
	for b := make([]byte, 1<<20); err == nil; {
		var n int
		n, err = c.Read(b)
		received += n
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return received, err
}
