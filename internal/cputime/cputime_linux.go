package cputime

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// scheduled is the clock of a process that counts what the scheduler gave it,
// user and system time together (CPUCLOCK_SCHED in the kernel's sources).
const scheduled = 2

// Of is the processor time of all threads of a process, those that have ended
// included. It fails with an error of the system if there is no such process.
func Of(pid int) (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduled), &t); err != nil {
		return 0, fmt.Errorf("busrt: processor time of %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}
