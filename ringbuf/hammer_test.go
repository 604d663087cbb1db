package ringbuf

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"
)

// atProcs runs a test at GOMAXPROCS 1, 2 and 4: with one the scheduler alone
// interleaves, with four there are more threads than cores to be preempted.
func atProcs(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	for _, procs := range []int{1, 2, 4} {
		t.Run(fmt.Sprintf("procs=%d", procs), func(t *testing.T) {
			before := runtime.GOMAXPROCS(procs)
			defer runtime.GOMAXPROCS(before)
			test(t)
		})
	}
}

// join waits for wg. A wake that was lost shows as a hang, so there is a
// deadline, far beyond what the slowest machine takes.
func join(t *testing.T, wg *sync.WaitGroup) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		stacks := make([]byte, 1<<20)
		t.Fatalf("hangs:\n%s", stacks[:runtime.Stack(stacks, true)])
	}
}

// rounds is how often a hammer strikes.
func rounds(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}
