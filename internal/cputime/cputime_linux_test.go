package cputime

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"time"
)

// The clock moves by what this process takes, and agrees with getrusage.
func TestOf(t *testing.T) {
	before, err := Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	x := uint64(1)
	for own := rusage(t); rusage(t)-own < 50*time.Millisecond; {
		for range 10_000 {
			x = x*6364136223846793005 + 1
		}
	}
	after, err := Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if spent := after - before; spent < 49*time.Millisecond {
		t.Errorf("%v after 50 ms of work (%d)", spent, x)
	}
	if diff := rusage(t) - after; diff < -time.Millisecond || diff > 20*time.Millisecond {
		t.Errorf("getrusage is %v off", diff)
	}
}

func TestNoProcess(t *testing.T) {
	if d, err := Of(1 << 27); !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ESRCH) {
		t.Errorf("%v, %v of a process that cannot exist", d, err)
	}
}

func rusage(t *testing.T) time.Duration {
	t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
