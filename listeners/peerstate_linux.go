package listeners

import "golang.org/x/sys/unix"

// hungUp tells, without reading, whether the peer has closed its sending side,
// or is gone, though there may be bytes of it to read [BUSRT-H11].
func hungUp(fd int) bool {
	at := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(at, 0)
	return err == nil && n > 0 && at[0].Revents&(unix.POLLRDHUP|unix.POLLHUP|unix.POLLERR) != 0
}

// unsent is how many bytes that were written to a TCP socket its peer has not
// acknowledged [BUSRT-B7].
func unsent(fd int) int {
	n, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}

// peerCredentials says who connected a unix socket [BUSRT-H9].
func peerCredentials(fd int) (credentials, error) {
	c, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return credentials{}, err
	}
	return credentials{c.Uid, c.Gid, c.Pid}, nil
}
