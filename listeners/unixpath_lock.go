package listeners

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// lockTries bounds how often a lock file may vanish between opening and locking
// it: once per broker that stops in that moment.
const lockTries = 16

// pathLock is the right to do something about a path of the file system.
type pathLock struct {
	path  string // of the lock file
	file  *os.File
	id    fileID
	fresh bool // made here, not found
}

// lockPath takes the lock of path without waiting. bind is the user's word for
// it, for errors.
func lockPath(bind, path string) (*pathLock, error) {
	name := path + ".lock"
	for range lockTries {
		l, err := openLock(name)
		switch {
		case errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrNotExist) && dirExists(name):
			continue // made, or removed, between two looks
		case errors.Is(err, fs.ErrNotExist):
			return nil, bindErrorf(bind, "the directory %s does not exist", filepath.Dir(path))
		case err != nil:
			return nil, bindErrorf(bind, "lock file %s: %w", name, reason(err))
		}
		if err := unix.Flock(int(l.file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			_ = l.file.Close()
			if errors.Is(err, unix.EWOULDBLOCK) {
				return nil, bindErrorf(bind, "another broker is listening there (it holds %s)", name)
			}
			return nil, bindErrorf(bind, "lock file %s: %w", name, err)
		}
		if l.id.at(name) {
			return l, nil
		}
		_ = l.file.Close() // its holder removed it before it let go
	}
	return nil, bindErrorf(bind, "lock file %s: it keeps changing", name)
}

// openLock opens the lock file, or makes it. A file with something in it is
// somebody's data, not a lock, and is refused.
func openLock(name string) (*pathLock, error) {
	const flags = os.O_RDWR | unix.O_NOFOLLOW | unix.O_NONBLOCK // a FIFO there must not make the broker wait
	fresh := false
	f, err := os.OpenFile(name, flags, 0)
	if errors.Is(err, fs.ErrNotExist) {
		fresh = true
		f, err = os.OpenFile(name, flags|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && (!st.Mode().IsRegular() || st.Size() != 0) {
		err = errors.New("it is not a lock file of a broker")
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &pathLock{path: name, file: f, id: idOf(st), fresh: fresh}, nil
}

// release removes the lock file, if it is still ours, and lets go of the lock:
// in this order, so that nobody locks a file that is about to vanish unnoticed.
func (l *pathLock) release() error {
	err := l.id.remove(l.path)
	return errors.Join(err, l.file.Close())
}

// undo lets go after a failure. A lock file that was there before stays.
func (l *pathLock) undo() error {
	if l.fresh {
		return l.release()
	}
	return l.file.Close()
}

// fileID tells files apart whatever they are called.
type fileID struct{ dev, ino uint64 }

func idOf(st fs.FileInfo) fileID {
	s, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return fileID{} // not on the systems this package builds for
	}
	return fileID{dev: uint64(s.Dev), ino: s.Ino} // Dev is an int32 on darwin
}

// at tells whether the file is what path names now.
func (id fileID) at(path string) bool {
	st, err := os.Lstat(path)
	return err == nil && idOf(st) == id && id != fileID{}
}

// remove unlinks path if it still names the file; a path that is somebody
// else's by now, or gone, is no error.
func (id fileID) remove(path string) error {
	if !id.at(path) {
		return nil
	}
	return os.Remove(path)
}

// occupant looks at path without following it: nil if nothing is there, an
// error if it is anything but a file of type want.
func occupant(bind, path string, want fs.FileMode) (fs.FileInfo, error) {
	st, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, bindErrorf(bind, "%w", reason(err))
	case st.IsDir():
		return nil, bindErrorf(bind, "is a directory")
	case st.Mode().Type() != want:
		return nil, bindErrorf(bind, "is %s, refusing to replace it", fileKind(st.Mode()))
	}
	return st, nil
}

// fileKind is what a user calls a file of that type.
func fileKind(mode fs.FileMode) string {
	switch mode.Type() {
	case 0:
		return "a regular file"
	case fs.ModeSymlink:
		return "a symbolic link"
	case fs.ModeNamedPipe:
		return "a FIFO"
	case fs.ModeSocket:
		return "a socket"
	default:
		return "a device"
	}
}

// reason strips the operation and the path off an error of package os; the
// message around it names the path already.
func reason(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

func dirExists(name string) bool {
	_, err := os.Stat(filepath.Dir(name))
	return err == nil
}
