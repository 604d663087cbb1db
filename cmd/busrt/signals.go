package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// watchSignals turns SIGINT and SIGTERM into the end of contexts: the first
// ends stop, as the end of ctx does; the second ends abort. The cause of either
// is a [signalError]. From the third on they do what they do by default, so
// that a program that hangs can be ended. release ends the watching and both
// contexts.
func watchSignals(ctx context.Context) (stop, abort context.Context, release func()) {
	stop, endStop := context.WithCancelCause(ctx)
	abort, endAbort := context.WithCancelCause(context.WithoutCancel(ctx))
	caught := make(chan os.Signal, 2)
	signal.Notify(caught, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		select {
		case sig := <-caught:
			endStop(endedBy(sig))
		case <-abort.Done():
			return
		}
		select {
		case sig := <-caught:
			signal.Stop(caught)
			endAbort(endedBy(sig))
		case <-abort.Done():
		}
	}()
	return stop, abort, func() {
		signal.Stop(caught)
		endStop(nil)
		endAbort(nil)
	}
}
