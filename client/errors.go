package client

import (
	"errors"
	"fmt"

	"github.com/busrt-go/busrt/codec"
)

// Errors of a client. Beside them its methods return the [codec.Status] of an
// ack, a [codec.FrameError] for what cannot be sent, and the error of the
// context that ended first.
var (
	// ErrClosed: the client was closed by its own program.
	ErrClosed = codec.ErrClosed

	// ErrSilent is the cause of a [DisconnectedError]: the broker said nothing
	// for [Options.Silence].
	ErrSilent = errors.New("busrt: the broker has fallen silent")

	// ErrNUL: a target, topic or receiver has a NUL, which would end it.
	ErrNUL = codec.ErrNUL
)

// DisconnectedError says that the connection to the broker has ended, and
// everything that waited for it with it.
type DisconnectedError = codec.DisconnectedError

// RefusedError says that the broker ended the handshake with a code, which
// errors.Is and errors.As find [BUSRT-H2] [BUSRT-H4]. If it asks for a bearer
// token, and that is missing or wrong, the code is [codec.AccessDenied].
type RefusedError struct {
	Address, Name string       // as they were given to Dial
	Code          codec.Status // never codec.OK
}

// Error is the message of e.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("busrt: %s refuses client %q: %s", e.Address, e.Name, e.Code.String())
}

// Unwrap is the code.
func (e *RefusedError) Unwrap() error { return e.Code }
