package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2 // the command line is wrong; nothing was done
	exitUnconnected = 3
	exitTimedOut    = 4
	exitDenied      = 5
	exitUndelivered = 6   // no such client, or its queue was full
	exitBug         = 70  // EX_SOFTWARE: the program itself is wrong
	exitConfig      = 78  // EX_CONFIG: options that are well-formed, but cannot work
	exitSignal      = 128 // plus the signal's number: ended before it was done
)

// exitHelp explains them to users.
const exitHelp = `    0  done                      6  no such client, or not delivered
    1  failed                       (rpc call: 1)
    2  wrong usage              70  a bug
    3  no connection            78  wrong configuration
    4  timed out               130  interrupted
    5  access denied
`

// codedError is an error that stands for an exit code of its own; any other
// error stands for exitFailed.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

// usageErrorf says what is wrong with the command line of cmd, and where help
// is to be had.
func usageErrorf(cmd *cobra.Command, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	text := strings.TrimPrefix(err.Error(), "busrt: ") // errors of our packages have it
	return &codedError{code: exitUsage, err: fmt.Errorf("busrt: %s (see %s)", text, helpOf(cmd))}
}

// helpOf is the command line that prints the help of cmd.
func helpOf(cmd *cobra.Command) string {
	words := strings.Fields(cmd.CommandPath())
	for c := cmd; c.HasParent(); c = c.Parent() {
		if c.GroupID == groupClient {
			return strings.Join(slices.Insert(words, 1, "help"), " ") // without a PATH
		}
	}
	return strings.Join(append(words, "--help"), " ")
}

// bugErrorf is for what cannot happen.
func bugErrorf(format string, args ...any) error {
	return &codedError{code: exitBug, err: fmt.Errorf("busrt: bug: "+format, args...)}
}

// signalError says which signal ended something before it was done.
type signalError struct{ signal syscall.Signal }

func endedBy(sig os.Signal) error {
	n, _ := sig.(syscall.Signal) // what else
	return signalError{n}
}

func (e signalError) Error() string { return "busrt: ended by signal: " + e.signal.String() }

// toldError is an error that needs no telling any more.
type toldError struct{ error }

func (e *toldError) Unwrap() error { return e.error }

// exit tells about err, if it is one, and gives the exit code it stands for.
func exit(std stdio, err error) int {
	if err == nil {
		return exitDone
	}
	if _, told := errors.AsType[*toldError](err); !told {
		_, _ = fmt.Fprintln(std.err, err) // nobody is left to be told
	}
	if coded, ok := errors.AsType[*codedError](err); ok {
		return coded.code
	}
	if ended, ok := errors.AsType[signalError](err); ok {
		return exitSignal + int(ended.signal)
	}
	return exitFailed
}
