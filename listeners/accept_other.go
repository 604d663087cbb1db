//go:build !darwin

package listeners

import "golang.org/x/sys/unix"

// accept takes a connection from a listening socket; it neither blocks nor is
// inherited.
func accept(fd int) (int, unix.Sockaddr, error) {
	return unix.Accept4(fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
}
