//go:build !linux

package bench

import (
	"errors"
	"net"
)

func (p *Process) use() (use, error) { return use{}, errors.ErrUnsupported }

func peer(*net.UnixConn) (pid int, err error) { return 0, errors.ErrUnsupported }
