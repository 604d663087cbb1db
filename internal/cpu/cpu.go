// Package cpu holds the few facts about the processor that data structures and
// defaults depend on.
//
// Two kinds of facts: [CacheLine] is a constant, chosen when compiling, because
// padding is part of a type; the functions ask the processor that the program
// runs on. Everything may be called by any goroutine and nothing changes while
// the program runs. No slices.
package cpu

import (
	"runtime"

	"github.com/klauspost/cpuid/v2"
)

// LineSize is the size of a cache line in bytes as the processor reports it, 0
// if it does not. A test holds [CacheLine] against it. Any goroutine.
func LineSize() int { return max(0, cpuid.CPU.CacheLine) }

// LogicalCores is how many threads the program may run at once: what the
// operating system grants it, which may be less than the processor has. At
// least 1. Any goroutine.
func LogicalCores() int { return runtime.NumCPU() }

// PhysicalCores is how many cores stand behind [LogicalCores]: threads that
// share a core count once. At least 1, at most LogicalCores. Any goroutine.
func PhysicalCores() int { return physical(runtime.NumCPU(), cpuid.CPU.ThreadsPerCore) }

// physical takes a processor that reports no threads per core (0) for one
// without hyper-threading.
func physical(logical, threadsPerCore int) int {
	return max(1, logical/max(1, threadsPerCore))
}
