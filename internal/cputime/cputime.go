// Package cputime reads the processor time that a process has taken, finer than
// the ticks of /proc. Any goroutine; no slices.
package cputime
