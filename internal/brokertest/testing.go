package brokertest

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// Patience is how long a test waits for what must come.
const Patience = 20 * time.Second

// Within is a context for what must happen.
func Within(tb testing.TB) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	tb.Cleanup(cancel)
	return ctx
}

// Check ends the test at an error.
func Check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// LeakFree checks, after all that is cleaned up later is gone, that no goroutine
// of it is left.
func LeakFree(tb testing.TB) {
	tb.Helper()
	ignored := goleak.IgnoreCurrent()
	tb.Cleanup(func() { goleak.VerifyNone(tb, ignored) })
}
