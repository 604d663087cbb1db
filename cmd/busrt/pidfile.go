package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/cmd/busrt/internal/config"
)

// A pid file says which process the broker is: its id in decimal, without a
// line end, for scripts that read it. It is held with flock while the broker
// lives. The lock decides whether another broker is behind a file that is
// found: a process id may be somebody else's by now, a lock is gone with its
// process.

// pidTries bounds how often the file may vanish between opening and locking it.
const pidTries = 16

// pidFile is the pid file of this process.
type pidFile struct {
	path string
	file *os.File
}

// createPidFile writes the pid file, over that of a broker which is gone. What
// is no pid file, or that of a live broker, is refused and stays as it is.
func createPidFile(path string) (*pidFile, error) {
	for range pidTries {
		p, err := lockPidFile(path)
		switch {
		case err != nil:
			return nil, pidErrorf(path, "%w", config.Reason(err))
		case !p.ours():
			_ = p.file.Close() // its holder removed it before it let go
			continue
		}
		if err := p.write(); err != nil {
			return nil, errors.Join(pidErrorf(path, "%w", config.Reason(err)), p.remove())
		}
		return p, nil
	}
	return nil, pidErrorf(path, "it keeps changing")
}

// lockPidFile opens the file at path, or makes it, and locks it.
func lockPidFile(path string) (*pidFile, error) {
	const flags = os.O_RDWR | os.O_CREATE | unix.O_NOFOLLOW | unix.O_NONBLOCK // a FIFO there must not make the broker wait
	f, err := os.OpenFile(path, flags, 0o644)
	if err != nil {
		return nil, err
	}
	p := &pidFile{path: path, file: f}
	if err := p.lock(); err != nil {
		_ = f.Close()
		return nil, err
	}
	return p, nil
}

// lock locks a file that holds a process id or nothing, and refuses any other.
func (p *pidFile) lock() error {
	err := unix.Flock(int(p.file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errors.New("is in use by another broker")
	}
	if err != nil {
		return err
	}
	st, err := p.file.Stat()
	if err != nil {
		return err
	}
	if !st.Mode().IsRegular() {
		return errors.New("is not a regular file")
	}
	old, err := io.ReadAll(io.LimitReader(p.file, 32))
	if err != nil {
		return err
	}
	if strings.Trim(strings.TrimSpace(string(old)), "0123456789") != "" {
		return errors.New("holds something else than a process id, refusing to replace it")
	}
	return nil
}

// ours tells whether the path still names the file.
func (p *pidFile) ours() bool {
	open, err := p.file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(p.path)
	return err == nil && os.SameFile(open, named)
}

func (p *pidFile) write() error {
	if err := p.file.Truncate(0); err != nil {
		return err
	}
	_, err := p.file.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
	return err
}

// remove takes the file away, unless something else is there by now, and lets
// go of it.
func (p *pidFile) remove() error {
	var err error
	if p.ours() {
		err = os.Remove(p.path)
	}
	return errors.Join(err, p.file.Close())
}

// pidErrorf is the one form of errors about pid files.
func pidErrorf(path, format string, args ...any) error {
	return fmt.Errorf("busrt: pid file %q: "+format, append([]any{path}, args...)...)
}
