//go:build unix

package client

import (
	"net"
	"syscall"
)

// nonBlocking gives a function that writes to conn without waiting: n less than
// len(b) with a nil error means that the socket takes no more for now. Its
// callers take turns. It is nil if conn is not a plain socket.
func nonBlocking(conn net.Conn) func(b []byte) (n int, err error) {
	var raw syscall.RawConn
	var err error
	switch c := conn.(type) { // not any syscall.Conn: a wrapper may have a Write of its own
	case *net.UnixConn:
		raw, err = c.SyscallConn()
	case *net.TCPConn:
		raw, err = c.SyscallConn()
	}
	if raw == nil || err != nil {
		return nil
	}
	t := &tryWriter{raw: raw}
	t.attempt = t.once
	return t.write
}

// tryWriter keeps the arguments of a call where its one closure finds them, so
// that no write allocates.
type tryWriter struct {
	raw     syscall.RawConn
	attempt func(fd uintptr) bool
	b       []byte
	n       int
	err     error
}

func (t *tryWriter) write(b []byte) (int, error) {
	t.b = b
	err := t.raw.Write(t.attempt)
	t.b = nil
	if err != nil {
		return 0, err // closed meanwhile
	}
	return t.n, t.err
}

func (t *tryWriter) once(fd uintptr) bool {
	for {
		n, err := syscall.Write(int(fd), t.b)
		switch err {
		case nil:
			t.n, t.err = n, nil
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			t.n, t.err = 0, nil
		default:
			t.n, t.err = 0, err
		}
		return true // do not wait
	}
}
