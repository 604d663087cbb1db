package listeners

import (
	"slices"
	"sync"
	"testing"

	"github.com/busrt-go/busrt/engine"
)

// TestCalls: what a loop is called for before it looks travels as one task, and
// it is all done, jobs in their order.
func TestCalls(t *testing.T) {
	b, err := engine.New(engine.Options{})
	check(t, err)
	h := newByHand(t, b)
	var done []int
	for i := range 5 {
		h.post(func() { done = append(done, i) })
		h.call(callTick)
		if first := h.polls.task.Swap(nil) != nil; first != (i == 0) {
			t.Errorf("call %d: a task was sent: %v", i, first)
		}
	}
	check(t, h.answer(nil))
	if want := []int{0, 1, 2, 3, 4}; !slices.Equal(done, want) {
		t.Errorf("jobs were done in the order %v", done)
	}
	if h.call(callTick); h.polls.task.Swap(nil) == nil {
		t.Error("no task is sent for the next call")
	}
}

// TestCallAfterEnd: a loop that has ended is not woken, as its poller's
// descriptors are somebody else's by then.
//
// Mutant it fails with: call without its look at the gate.
func TestCallAfterEnd(t *testing.T) {
	b, err := engine.New(engine.Options{})
	check(t, err)
	g, err := New(b, Options{Loops: 1})
	check(t, err)
	check(t, g.Shutdown(t.Context()))
	l := g.loops[0]
	late := &script{t: t}
	l.poller = late
	l.calls.Store(0) // even if nobody has called before
	l.call(callTick)
	if late.task.Load() != nil {
		t.Error("the poller was told")
	}
	if l.do(func() { t.Error("a job was run") }) {
		t.Error("a job was taken")
	}
}

// TestCallsAtOnce: of calls by many goroutines none is lost.
func TestCallsAtOnce(t *testing.T) {
	b := serve(t, networkUnix, engine.Options{}, Options{Loops: 2})
	var callers sync.WaitGroup
	counts := make([]int, len(b.loops)) // each its loop's own
	const callersEach, jobsEach = 4, 1000
	for i, l := range b.loops {
		for range callersEach {
			callers.Go(func() {
				for range jobsEach {
					l.post(func() { counts[i]++ })
					l.call(callAttend)
				}
			})
		}
	}
	callers.Wait()
	for i, l := range b.loops {
		l.do(func() {
			if counts[i] != callersEach*jobsEach {
				t.Errorf("loop %d has done %d jobs", i, counts[i])
			}
		})
	}
}
