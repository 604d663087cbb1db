// Package nap sleeps for times that are too short for timers of the runtime,
// which are late by up to a millisecond when nothing else happens: that is what
// epoll waits in. For load generators.
package nap

import "time"

// slow sleeps with a timer of the runtime. Any goroutine.
func slow(d time.Duration) { <-time.After(d) }
