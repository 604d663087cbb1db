package main

import (
	"context"
	"errors"

	"github.com/busrt-go/busrt/codec"
)

// outcome gives the error of an operation on the bus its exit code, unless it
// has one.
func outcome(err error) error {
	_, coded := errors.AsType[*codedError](err)
	switch {
	case err == nil, coded:
		return err
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, codec.Timeout):
		return &codedError{exitTimedOut, errors.New("busrt: timed out")}
	case errors.Is(err, codec.AccessDenied):
		return &codedError{exitDenied, err}
	case errors.Is(err, codec.NotRegistered):
		return &codedError{exitUndelivered, errors.New("busrt: no client of that name")}
	case errors.Is(err, codec.NotDelivered):
		return &codedError{exitUndelivered, err}
	}
	return err
}

// unconnected gives the error of a connection that was not made its exit code,
// unless it has one.
func unconnected(err error) error {
	_, coded := errors.AsType[*codedError](err)
	switch {
	case err == nil, coded:
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return &codedError{exitTimedOut, err}
	case errors.Is(err, codec.AccessDenied):
		return &codedError{exitDenied, err}
	}
	return &codedError{exitUnconnected, err}
}
