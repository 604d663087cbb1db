//go:build !linux

package listeners

import (
	"errors"

	"golang.org/x/sys/unix"
)

// solLocal is the level of the options of unix sockets.
const solLocal = 0

// hungUp tells, without reading, whether the peer has closed its sending side
// [BUSRT-H11]. Here it cannot be known while there are bytes to read.
func hungUp(fd int) bool {
	var b [1]byte
	n, _, err := unix.Recvfrom(fd, b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	if err != nil {
		return !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR)
	}
	return n == 0
}

// unsent cannot be known here: what the kernel has counts as sent [BUSRT-B7].
func unsent(int) int { return 0 }

// peerCredentials says who connected a unix socket [BUSRT-H9]. The first group
// of a process is its effective one; which process it was is not told.
func peerCredentials(fd int) (credentials, error) {
	c, err := unix.GetsockoptXucred(fd, solLocal, unix.LOCAL_PEERCRED)
	if err != nil {
		return credentials{}, err
	}
	if c.Ngroups < 1 {
		return credentials{}, unix.EINVAL
	}
	return credentials{uid: c.Uid, gid: c.Groups[0]}, nil
}
