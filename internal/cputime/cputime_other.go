//go:build !linux

package cputime

import (
	"errors"
	"time"
)

// Of fails with [errors.ErrUnsupported]: only Linux has clocks of processes.
func Of(int) (time.Duration, error) { return 0, errors.ErrUnsupported }
