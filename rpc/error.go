package rpc

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/busrt-go/busrt/codec"
)

// Error is the failure of a call [BUSRT-R4] [BUSRT-R5], whether the other side
// answered with it or the bus could not deliver the call. Handlers return one
// to choose the code.
type Error struct {
	Code int16  // codec.RPCMethodNotFound and its kin, one of the bus, or one of the callee's own
	Data string // text, or empty; for the caller to read
}

// Error is the message of e.
func (e *Error) Error() string {
	text := fmt.Sprintf("busrt: RPC error %d", e.Code)
	if meaning := e.meaning(); meaning != "" {
		text += ", " + meaning
	}
	if e.Data != "" {
		text += ": " + e.Data
	}
	return text
}

func (e *Error) meaning() string {
	switch e.Code {
	case codec.RPCParseError:
		return "parse error"
	case codec.RPCInvalidRequest:
		return "invalid request"
	case codec.RPCMethodNotFound:
		return "no such method"
	case codec.RPCInvalidParams:
		return "invalid params"
	case codec.RPCInternal:
		return "internal error"
	case codec.RPCNotFound:
		return "not found"
	}
	if s, ok := e.status(); ok {
		return s.String()
	}
	return ""
}

// RPC gives the parts of e; so the broker knows it as the error of one of its
// methods.
func (e *Error) RPC() (code int16, data string) { return e.Code, e.Data }

// Is tells that target is an Error of the same code, and of the same data if it
// has any.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && (t.Data == "" || t.Data == e.Data)
}

// Unwrap is the [codec.Status] behind an error of the bus, so that
// errors.Is(err, codec.NotRegistered) works; else nil.
func (e *Error) Unwrap() error {
	if s, ok := e.status(); ok {
		return s
	}
	return nil
}

// status undoes [codec.Status.RPCCode].
func (e *Error) status() (codec.Status, bool) {
	s := codec.Status(-32000 - int(e.Code))
	return s, s >= codec.NotRegistered && s <= codec.AccessDenied && s.RPCCode() == e.Code
}

// failure makes what Send returned the error of a call: a code of the bus is
// an RPC error, all else stays what it is.
func failure(err error) error {
	if s, ok := errors.AsType[codec.Status](err); ok {
		return &Error{Code: s.RPCCode()}
	}
	return err
}

// answer makes what a handler returned the error that goes to the caller.
func answer(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return &Error{e.Code, strings.ToValidUTF8(e.Data, "\uFFFD")}
	}
	if s, ok := errors.AsType[codec.Status](err); ok {
		return &Error{Code: s.RPCCode()}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Code: codec.Timeout.RPCCode()}
	}
	return &Error{codec.RPCInternal, strings.ToValidUTF8(err.Error(), "\uFFFD")}
}
