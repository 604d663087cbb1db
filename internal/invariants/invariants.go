// Package invariants switches the checks that only builds with -race, or with
// the build tag invariants, should pay for.
//
// A released buffer is poisoned there: whoever kept a view of it too long reads
// 0xCC. Code is the same in both builds apart from that, so that what runs
// under -race is what runs without. Everything may be called by any goroutine
// that owns the bytes it passes.
package invariants

// Poison overwrites b, up to its capacity, with 0xCC if [Enabled]; else it does
// nothing and is inlined away. b must have no owner any more.
func Poison(b []byte) {
	if Enabled {
		poison(b[:cap(b)])
	}
}

func poison(b []byte) {
	for i := range b {
		b[i] = 0xCC
	}
}
