package rpc

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// Middleware puts something around a [Handler]. [Around] makes one of a function
// that concerns calls only.
type Middleware func(Handler) Handler

// Chain puts several around h, the first outermost.
func Chain(h Handler, around ...Middleware) Handler {
	for _, m := range slices.Backward(around) {
		h = m(h)
	}
	return h
}

// Around makes a Middleware that puts f around calls and leaves notifications
// and frames alone.
func Around(f func(next CallFunc) CallFunc) Middleware {
	return func(h Handler) Handler { return callsAround{h, f(h.Call)} }
}

// callsAround is a Handler whose calls are answered by another function.
type callsAround struct {
	Handler
	call CallFunc
}

func (a callsAround) Call(ctx context.Context, r *Request) ([]byte, error) { return a.call(ctx, r) }

// Timeout has the context of each call end after d. A handler that then returns
// its error answers with the code of [codec.Timeout]; one that does not look at
// its context goes on.
func Timeout(d time.Duration) Middleware {
	return Around(func(next CallFunc) CallFunc {
		return func(ctx context.Context, r *Request) ([]byte, error) {
			ctx, cancel := context.WithTimeout(ctx, d)
			defer cancel()
			return next(ctx, r)
		}
	})
}

// Log logs each call when it has been answered: at debug level, at warn level if
// it failed. nil is [slog.Default].
func Log(log *slog.Logger) Middleware {
	if log == nil {
		log = slog.Default()
	}
	return Around(func(next CallFunc) CallFunc {
		return func(ctx context.Context, r *Request) ([]byte, error) {
			begun := time.Now()
			result, err := next(ctx, r)
			level, outcome := slog.LevelDebug, slog.Int("result", len(result))
			if err != nil {
				level, outcome = slog.LevelWarn, slog.String("error", err.Error())
			}
			log.LogAttrs(ctx, level, "call", slog.String("method", r.Method), slog.String("sender", r.Sender),
				slog.Int("params", len(r.Params)), slog.Duration("took", time.Since(begun)), outcome)
			return result, err
		}
	})
}

// Recover has a handler that panics survived: the panic is logged with its stack
// at error level, and a call is answered with [codec.RPCInternal]. Without it
// the program ends, as it does for a panic on any goroutine: what a handler left
// half done, a lock for one, is its own to know. nil is [slog.Default].
func Recover(log *slog.Logger) Middleware {
	if log == nil {
		log = slog.Default()
	}
	return func(h Handler) Handler { return recovering{h, log} }
}

type recovering struct {
	next Handler
	log  *slog.Logger
}

func (h recovering) Call(ctx context.Context, r *Request) (result []byte, err error) {
	defer h.recover(ctx, "call", r.Sender, func() {
		result, err = nil, &Error{codec.RPCInternal, "the handler panicked"}
	})
	return h.next.Call(ctx, r)
}

func (h recovering) Notification(ctx context.Context, n *Notification) {
	defer h.recover(ctx, "notification", n.Sender, func() {})
	h.next.Notification(ctx, n)
}

func (h recovering) Frame(ctx context.Context, f *codec.Received) {
	defer h.recover(ctx, "frame", f.Sender, func() {})
	h.next.Frame(ctx, f)
}

// recover is deferred; answer is called if there was a panic.
func (h recovering) recover(ctx context.Context, of, sender string, answer func()) {
	p := recover()
	if p == nil {
		return
	}
	h.log.LogAttrs(ctx, slog.LevelError, "handler panicked", slog.String("of", of), slog.String("sender", sender),
		slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
	answer()
}
