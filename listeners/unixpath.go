package listeners

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// What keeps a path of the file system ours (docs/cli.md, section 7):
//
//   - PATH.lock, held with flock, decides between brokers that want the same
//     path. The kernel drops it with the process, so a lock file without its
//     broker is in nobody's way.
//   - Whatever is at PATH is looked at, not followed. Only a socket that refuses
//     connections is replaced: its process is gone.
//   - At the end a file is removed only if it is still the one that was made
//     here, by device and inode.
//
// Holding the lock makes look, remove and bind one step among brokers. Other
// programs do not know the lock: the kernel's bind refuses an existing path,
// so the worst they can do is make a broker fail.

// backlog of listening sockets; the kernel lowers it to its own limit.
const backlog = 4096

// maxUnixPath is how many bytes of path a unix socket's address holds.
const maxUnixPath = len(unix.RawSockaddrUnix{}.Path) - 1

// unixClaim is a unix socket path that belongs to this broker, with the socket
// that listens there.
type unixClaim struct {
	path string
	fd   int
	id   fileID
	lock *pathLock
}

// claimUnix makes a listening socket at path, or says why not and leaves
// everything as it was. Of the options, those of the path count. Any goroutine;
// the errors name the path.
func claimUnix(path string, o ListenOptions) (*unixClaim, error) {
	if n := len(path); n == 0 || n > maxUnixPath || strings.Contains(path, "\x00") {
		return nil, bindErrorf(path, "the path has %d bytes, a unix socket takes 1 to %d (none of them NUL)", n, maxUnixPath)
	}
	if _, err := occupant(path, path, fs.ModeSocket); err != nil {
		return nil, err
	}
	own, err := o.owner()
	if err != nil {
		return nil, bindErrorf(path, "%w", err)
	}
	lock, err := lockPath(path, path)
	if err != nil {
		return nil, err
	}
	c := &unixClaim{path: path, fd: -1, lock: lock}
	if err = c.removeStale(); err == nil {
		err = c.listen(o.Mode, own)
	}
	if err != nil {
		return nil, errors.Join(err, lock.undo())
	}
	return c, nil
}

// FD is the listening socket, non-blocking and close-on-exec. It belongs to the
// claim and is closed by Release.
func (c *unixClaim) FD() int { return c.fd }

// Release removes the socket's path and the lock, if they are still ours, and
// closes both. The caller no longer polls the socket. Call once.
func (c *unixClaim) Release() error {
	err := c.id.remove(c.path)
	return errors.Join(err, unix.Close(c.fd), c.lock.release())
}

// removeStale makes room at the path if all there is is a dead socket.
func (c *unixClaim) removeStale() error {
	st, err := occupant(c.path, c.path, fs.ModeSocket)
	if err != nil || st == nil {
		return err
	}
	switch err := probe(c.path); {
	case errors.Is(err, unix.ENOENT):
		return nil
	case err == nil, errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINPROGRESS):
		// A full backlog answers EAGAIN: busy, not dead.
		return bindErrorf(c.path, "another broker is listening there")
	case !errors.Is(err, unix.ECONNREFUSED):
		return bindErrorf(c.path, "there is a socket that cannot be asked whether it is alive: %w", err)
	}
	if err := idOf(st).remove(c.path); err != nil {
		return bindErrorf(c.path, "there is a socket that nobody listens on, and it cannot be removed: %w", reason(err))
	}
	return nil
}

// listen binds and listens, and takes down whose file the path is.
func (c *unixClaim) listen(mode fs.FileMode, own owner) error {
	fd, err := streamSocket()
	if err != nil {
		return bindErrorf(c.path, "%w", err)
	}
	if mode != 0 {
		// Linux takes the permissions of the new path from the socket, so it is
		// never open wider than asked for; elsewhere this fails and chmod has to do.
		_ = unix.Fchmod(fd, uint32(mode.Perm()))
	}
	if err = unix.Bind(fd, socketAddress(c.path)); err != nil {
		_ = unix.Close(fd)
		return bindErrorf(c.path, "%w", err)
	}
	st, err := os.Lstat(c.path)
	if err == nil {
		c.id = idOf(st)
		err = own.give(c.path)
		if err == nil && mode != 0 {
			err = os.Chmod(c.path, mode.Perm()) // the umask took some bits away
		}
	}
	if err == nil {
		err = unix.Listen(fd, backlog)
	}
	if err != nil {
		_ = unix.Close(fd)
		_ = c.id.remove(c.path)
		return bindErrorf(c.path, "%w", reason(err))
	}
	c.fd = fd
	return nil
}

// socketAddress of a path. Package unix takes a leading @ for an abstract
// address; here it is a file name like any other.
func socketAddress(path string) *unix.SockaddrUnix {
	if path[0] == '@' {
		path = "./" + path
	}
	return &unix.SockaddrUnix{Name: path}
}

// probe connects to path without waiting; nil means that somebody listens.
func probe(path string) error {
	fd, err := streamSocket()
	if err != nil {
		return err
	}
	err = unix.Connect(fd, socketAddress(path))
	_ = unix.Close(fd)
	return err
}

// streamSocket makes a unix socket that neither blocks nor is inherited.
func streamSocket() (int, error) {
	syscall.ForkLock.RLock() // no flag of socket(2) does both on every system
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return -1, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}
