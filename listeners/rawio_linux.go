package listeners

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// rawMax is how many bytes a call may move without telling the scheduler. The
// descriptors do not block, so all that the scheduler could gain is the time of
// one copy, 4 µs at most. Telling it costs 60 ns a call: a write and a read of
// 4 KiB over a socket pair take 905 ns, and 1025 ns with the calls of package
// unix.
const rawMax = 64 << 10

// maxViews is how many slices go into one writev.
const maxViews = 64

// readRaw reads from a descriptor that does not block. n > 0: bytes; n == 0: the
// stream has ended; else errno. len(b) is at most rawMax.
func readRaw(fd int, b []byte) (n int, errno unix.Errno) {
	for {
		r, _, e := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
		switch e {
		case 0:
			return int(r), 0
		case unix.EINTR:
		default:
			return -1, e
		}
	}
}

// writeRaw writes to a descriptor that does not block, as much as it takes. It
// takes no more for now if n is less than there was and errno is 0.
func writeRaw(fd int, bufs [][]byte) (n int, errno unix.Errno) {
	for len(bufs) > 0 {
		k := min(len(bufs), maxViews)
		var m, want int
		if k == 1 {
			want = len(bufs[0])
			m, errno = writeOne(fd, bufs[0])
		} else {
			m, want, errno = writeMany(fd, bufs[:k])
		}
		if errno == unix.EAGAIN {
			return n, 0
		}
		if errno != 0 {
			return n, errno
		}
		if n += m; m < want {
			return n, 0
		}
		bufs = bufs[k:]
	}
	return n, 0
}

func writeOne(fd int, b []byte) (n int, errno unix.Errno) {
	if len(b) == 0 {
		return 0, 0
	}
	for {
		r, e := call(unix.SYS_WRITE, fd, unsafe.Pointer(&b[0]), len(b), len(b))
		if e == 0 {
			return int(r), 0
		}
		if e != unix.EINTR {
			return 0, e
		}
	}
}

func writeMany(fd int, bufs [][]byte) (n, want int, errno unix.Errno) {
	var views [maxViews]unix.Iovec
	for i, b := range bufs {
		views[i].Base = unsafe.SliceData(b)
		views[i].SetLen(len(b))
		want += len(b)
	}
	for {
		r, e := call(unix.SYS_WRITEV, fd, unsafe.Pointer(&views[0]), len(bufs), want)
		if e == 0 {
			return int(r), want, 0
		}
		if e != unix.EINTR {
			return 0, want, e
		}
	}
}

// call makes a system call that moves so many bytes.
func call(trap uintptr, fd int, p unsafe.Pointer, n, bytes int) (uintptr, unix.Errno) {
	if bytes <= rawMax {
		r, _, e := unix.RawSyscall(trap, uintptr(fd), uintptr(p), uintptr(n))
		return r, e
	}
	r, _, e := unix.Syscall(trap, uintptr(fd), uintptr(p), uintptr(n))
	return r, e
}
