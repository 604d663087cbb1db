//go:build !linux

package main

import (
	"syscall"

	"github.com/busrt-go/busrt/bench"
)

// apart has a process be in a group of its own.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// processOf finds none here.
func processOf(int) (*bench.Process, error) { return nil, nil }
