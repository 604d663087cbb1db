// Package allocbound holds what handles the bytes of strangers to a bound on
// what it allocates: a length that a peer announces, and a trick in what it
// sends, must cost no more than sending it did. For the goroutine of a test.
package allocbound

import (
	"runtime"
	"testing"

	"github.com/busrt-go/busrt/internal/invariants"
)

// What may be allocated: so much for each byte of input, and once.
const (
	PerByte = 64
	Base    = 64 << 10
)

// attempts: other goroutines of the process are counted too, so that one
// measurement proves nothing.
const attempts = 3

// Check runs f, again if need be, and fails if each time it allocates more
// than input bytes allow for. What is freed meanwhile counts.
func Check(tb testing.TB, input int, f func()) {
	tb.Helper()
	least := Spent(f)
	for n := 1; n < attempts && !Within(input, least); n++ {
		least = min(least, Spent(f))
	}
	Judge(tb, input, least)
}

// Within tells whether that many bytes may be allocated for input bytes. Under
// -race any number: a sync.Pool loses things there, on purpose.
func Within(input int, spent uint64) bool {
	return invariants.Enabled || spent <= Base+PerByte*uint64(input)
}

// Judge fails unless so many bytes may be spent on input: for what cannot be
// done twice.
func Judge(tb testing.TB, input int, spent uint64) {
	tb.Helper()
	if !Within(input, spent) {
		tb.Errorf("%d bytes were allocated for an input of %d", spent, input)
	}
}

// Spent is how many bytes are allocated while f runs.
func Spent(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
