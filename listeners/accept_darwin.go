package listeners

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// accept takes a connection from a listening socket; it neither blocks nor is
// inherited.
func accept(fd int) (int, unix.Sockaddr, error) {
	syscall.ForkLock.RLock() // there is no accept4
	c, from, err := unix.Accept(fd)
	if err == nil {
		unix.CloseOnExec(c)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return -1, nil, err
	}
	if err := unix.SetNonblock(c, true); err != nil {
		_ = unix.Close(c)
		return -1, nil, err
	}
	return c, from, nil
}
