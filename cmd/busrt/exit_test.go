package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"
)

func TestExit(t *testing.T) {
	tests := []struct {
		err  error
		code int
		says string
	}{
		{nil, 0, ""},
		{errors.New("busrt: no"), 1, "busrt: no\n"},
		{usageErrorf(newServer("busrtd"), "%s", "100%"), 2, "busrt: 100% (see busrtd --help)\n"},
		{usageErrorf(newRoot(newClientOptions()), "%w", errors.New("busrt: no")), 2, "busrt: no (see busrt --help)\n"},
		{bugErrorf("%d", 1), 70, "busrt: bug: 1\n"},
		{endedBy(syscall.SIGINT), 130, "busrt: ended by signal: interrupt\n"},
		{endedBy(syscall.SIGTERM), 143, "busrt: ended by signal: terminated\n"},
		{&toldError{endedBy(syscall.SIGINT)}, 130, ""},
		{&codedError{exitTimedOut, &toldError{errors.New("busrt: no")}}, 4, ""},
		{errors.Join(errors.New("a"), fmt.Errorf("b: %w", bugErrorf("c"))), 70, "a\nb: busrt: bug: c\n"},
	}
	for _, tt := range tests {
		var said bytes.Buffer
		if code := exit(stdio{err: &said}, tt.err); code != tt.code || said.String() != tt.says {
			t.Errorf("%v: exit code %d, %q; want %d, %q", tt.err, code, said.String(), tt.code, tt.says)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { panic("out of paper") }

func TestPanicIsABug(t *testing.T) {
	err := run(t.Context(), []string{"busrt", "version"}, stdio{out: broken{}})
	var said bytes.Buffer
	if code := exit(stdio{err: &said}, err); code != exitBug || !strings.HasPrefix(said.String(), "busrt: bug: out of paper\n") {
		t.Errorf("exit code %d, %s", code, &said)
	}
	if !strings.Contains(said.String(), "Write") {
		t.Errorf("no stack: %s", &said)
	}
}

func TestFailedLoopsAreABug(t *testing.T) {
	s := &service{log: slog.New(slog.DiscardHandler), fatal: make(chan error, 1)}
	cause := errors.New("poller")
	s.fatal <- cause
	err := s.wait(t.Context(), nil)
	if code := exit(stdio{err: new(bytes.Buffer)}, err); code != exitBug || !errors.Is(err, cause) {
		t.Errorf("exit code %d: %v", code, err)
	}
}
