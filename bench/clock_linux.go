package bench

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// nap sleeps for a time that is too short for a timer of the runtime. Threads
// are woken up to 50 µs late unless they ask for less.
func nap(d time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) // late is better than never
	t := unix.NsecToTimespec(d.Nanoseconds())
	_ = unix.Nanosleep(&t, nil) // who sleeps too little sleeps again
}
