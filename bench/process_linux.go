package bench

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// use reads the clock of the process, which counts nanoseconds and also has
// those of threads that have ended, unlike the ticks of /proc/PID/stat and the
// schedstat of its threads.
func (p *Process) use() (use, error) {
	const scheduled = 2 // CPUCLOCK_SCHED, of a process: clock_getcpuclockid(3)
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^p.pid<<3|scheduled), &t); err != nil {
		return use{}, err
	}
	resident, err := p.resident()
	return use{time.Duration(t.Nano()), resident}, err
}

func (p *Process) resident() (bytes int64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &bytes); n == 1 {
			return bytes << 10, nil
		}
	}
	return 0, errors.New("it has ended")
}

// peer is the process that listens at the other end of c. It is 0 if that is
// hidden in another namespace.
func peer(c *net.UnixConn) (pid int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var failed error
	err = raw.Control(func(fd uintptr) {
		cred, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	switch {
	case err != nil:
		return 0, err
	case failed != nil:
		return 0, failed
	case cred.Pid == 0:
		return 0, errors.New("a process that is hidden from us")
	}
	return int(cred.Pid), nil
}
