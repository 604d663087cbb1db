package main

import (
	"syscall"

	"github.com/busrt-go/busrt/bench"
)

// apart has a process be in a group of its own, and end with this one.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func processOf(pid int) (*bench.Process, error) { return bench.NewProcess(pid) }
