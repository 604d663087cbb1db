//go:build !linux

package bench

import "time"

// nap sleeps for a short time, as well as the runtime can.
func nap(d time.Duration) { <-time.After(d) }
