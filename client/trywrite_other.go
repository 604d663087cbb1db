//go:build !unix

package client

import "net"

// nonBlocking is nil: here only the writer's loop writes.
func nonBlocking(net.Conn) func(b []byte) (n int, err error) { return nil }
