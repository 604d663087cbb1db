package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

func TestOutcome(t *testing.T) {
	tests := []struct {
		err  error
		code int
	}{
		{nil, 0},
		{errors.New("no"), exitFailed},
		{&client.DisconnectedError{Cause: io.EOF}, exitFailed},
		{fmt.Errorf("busrt: %w", context.DeadlineExceeded), exitTimedOut},
		{codec.Timeout, exitTimedOut},
		{codec.AccessDenied, exitDenied},
		{codec.NotRegistered, exitUndelivered},
		{codec.NotDelivered, exitUndelivered},
		{&rpc.Error{Code: codec.NotRegistered.RPCCode()}, exitUndelivered},
		{&rpc.Error{Code: codec.RPCMethodNotFound}, exitFailed},
		{&codedError{exitFailed, codec.NotRegistered}, exitFailed},
	}
	for _, tt := range tests {
		if code := exit(stdio{err: io.Discard}, outcome(tt.err)); code != tt.code {
			t.Errorf("%v: exit code %d, want %d", tt.err, code, tt.code)
		}
	}
}

func TestUnconnected(t *testing.T) {
	tests := []struct {
		err  error
		code int
	}{
		{nil, 0},
		{errors.New("no"), exitUnconnected},
		{fmt.Errorf("busrt: %w", context.DeadlineExceeded), exitTimedOut},
		{&client.RefusedError{Code: codec.AccessDenied}, exitDenied},
		{&client.RefusedError{Code: codec.NotRegistered}, exitUnconnected},
		{&client.RefusedError{Code: codec.Busy}, exitUnconnected},
		{&codedError{exitConfig, codec.AccessDenied}, exitConfig},
	}
	for _, tt := range tests {
		if code := exit(stdio{err: io.Discard}, unconnected(tt.err)); code != tt.code {
			t.Errorf("%v: exit code %d, want %d", tt.err, code, tt.code)
		}
	}
}
