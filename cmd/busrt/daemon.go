package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// A daemon is this program again, in a session of its own. The first process
// waits until the second says, through a pipe, that it serves; until then the
// second has its stderr, and what it fails with is seen.

// daemonVariable has the number of the pipe.
const daemonVariable = "BUSRT_DAEMON_PIPE"

// isDaemon tells whether this is the second process.
func isDaemon() bool { return os.Getenv(daemonVariable) != "" }

// daemonize starts the second process and returns when it serves, or has failed.
func daemonize(ctx context.Context, stderr io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("busrt: -D: %w", err)
	}
	from, to, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("busrt: -D: %w", err)
	}
	defer func() { _ = from.Close() }()
	cmd := exec.Command(self, os.Args[1:]...) //nolint:gosec,noctx // ourselves, and it outlives ctx
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), daemonVariable+"=3")
	cmd.ExtraFiles = []*os.File{to}
	cmd.Stderr = stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	_ = to.Close()
	if err != nil {
		return fmt.Errorf("busrt: -D: %w", err)
	}
	release := context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	defer release()
	if n, _ := from.Read(make([]byte, 1)); n == 1 {
		return cmd.Process.Release()
	}
	err = cmd.Wait()
	code := exitBug
	if ended, ok := errors.AsType[*exec.ExitError](err); ok && ended.ExitCode() > 0 {
		code = ended.ExitCode()
	}
	return &toldError{&codedError{code, errors.New("busrt: the daemon has ended")}}
}

// started tells the first process, if there is one, that this one serves. From
// then on it writes to nobody's terminal.
func started() {
	n, err := strconv.Atoi(os.Getenv(daemonVariable))
	if err != nil {
		return
	}
	_ = os.Unsetenv(daemonVariable)
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err == nil {
		for fd := range 3 {
			_ = redirect(int(null.Fd()), fd)
		}
		_ = null.Close()
	}
	pipe := os.NewFile(uintptr(n), "pipe")
	_, _ = pipe.Write([]byte{1})
	_ = pipe.Close()
}
