//go:build !linux

package listeners

import (
	"errors"

	"golang.org/x/sys/unix"
)

// readRaw reads from a descriptor that does not block. n > 0: bytes; n == 0: the
// stream has ended; else errno.
func readRaw(fd int, b []byte) (n int, errno unix.Errno) {
	for {
		n, err := unix.Read(fd, b)
		if errno = errnoOf(err); errno != unix.EINTR {
			return n, errno
		}
	}
}

// writeRaw writes to a descriptor that does not block, as much as it takes. It
// takes no more for now if n is less than there was and errno is 0.
func writeRaw(fd int, bufs [][]byte) (n int, errno unix.Errno) {
	for _, b := range bufs {
		for len(b) > 0 {
			m, err := unix.Write(fd, b)
			switch errno := errnoOf(err); errno {
			case 0:
				n += m
				b = b[m:]
			case unix.EINTR:
			case unix.EAGAIN:
				return n, 0
			default:
				return n, errno
			}
		}
	}
	return n, 0
}

func errnoOf(err error) unix.Errno {
	if err == nil {
		return 0
	}
	if errno, ok := errors.AsType[unix.Errno](err); ok {
		return errno
	}
	return unix.EIO
}
