//go:build linux

package main

import (
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

const (
	forwardCommand = "forward"
	spliceHow      = "splice"
	pipeSize       = 1 << 20 // what an unprivileged program may have
)

// Descriptors that a forwarder is started with, both of blocking sockets.
const (
	from = 3
	to   = 4
)

// forward moves bytes until there are no more: through a pipe, or through a
// buffer of so many bytes.
func forward(how, frame string) error {
	if how == spliceHow {
		n, err := strconv.Atoi(frame)
		if err != nil {
			return err
		}
		return splice(n)
	}
	size, err := strconv.Atoi(how)
	if err != nil {
		return err
	}
	return readWrite(make([]byte, size))
}

func readWrite(buffer []byte) error {
	for {
		n, err := again(func() (int, error) { return unix.Read(from, buffer) })
		if n == 0 || err != nil {
			return err
		}
		for rest := buffer[:n]; len(rest) > 0; {
			n, err := again(func() (int, error) { return unix.Write(to, rest) })
			if err != nil {
				return err
			}
			rest = rest[n:]
		}
	}
}

// splice moves at most a frame at once.
func splice(frame int) error {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return err
	}
	if _, err := unix.FcntlInt(uintptr(pipe[1]), unix.F_SETPIPE_SZ, pipeSize); err != nil {
		return fmt.Errorf("busrt: a pipe of %d bytes: %w", pipeSize, err)
	}
	move := func(from, to, most int) (int, error) {
		return again(func() (int, error) {
			n, err := unix.Splice(from, nil, to, nil, most, unix.SPLICE_F_MOVE)
			return int(n), err
		})
	}
	for {
		held, err := move(from, pipe[1], frame)
		if held == 0 || err != nil {
			return err
		}
		for held > 0 {
			n, err := move(pipe[0], to, held)
			if err != nil {
				return err
			}
			held -= n
		}
	}
}

// again repeats a system call that a signal has interrupted.
func again(call func() (int, error)) (n int, err error) {
	for {
		if n, err = call(); !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
