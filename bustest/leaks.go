package bustest

import (
	"net"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// findLeaks compares, when all that is cleaned up after it is gone, what the
// process has with what it had.
func findLeaks(tb testing.TB) {
	tb.Helper()
	if ln, err := net.Listen("tcp", "127.0.0.1:0"); err == nil { // package net opens its poller once
		_ = ln.Close()
	}
	ignored := goleak.IgnoreCurrent()
	before := descriptors()
	tb.Cleanup(func() {
		goleak.VerifyNone(tb, ignored)
		if after := descriptors(); after > before {
			tb.Errorf("%d descriptors are open, %d were before", after, before)
		}
	})
}

// descriptors is how many this process has; 0 where the system does not tell.
func descriptors() int {
	names, err := os.ReadDir("/dev/fd")
	if err != nil {
		return 0
	}
	return len(names)
}
