package codec

import "errors"

// ErrClosed is the error of a client that was closed by its own program.
var ErrClosed = errors.New("busrt: client closed")

// DisconnectedError says that a client's connection to the broker has ended, and
// everything that waited for it with it.
type DisconnectedError struct {
	// Cause is io.EOF if the broker closed, io.ErrUnexpectedEOF if it did so
	// inside a frame, a [FrameError] if what it sent made no sense, the error of
	// the socket, or for an in-process client the broker's reason.
	Cause error
}

// Error is the message of e.
func (e *DisconnectedError) Error() string { return "busrt: disconnected: " + e.Cause.Error() }

// Unwrap is the cause.
func (e *DisconnectedError) Unwrap() error { return e.Cause }
