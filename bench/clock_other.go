//go:build !linux

package bench

import "time"

// newNap makes a function that sleeps for short times, as well as the runtime
// can.
func newNap() (nap func(time.Duration), end func()) { return slowNap, func() {} }
