package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/busrt-go/busrt/codec"
)

// Defaults of [Reconnect].
const (
	DefaultReconnectInitial = 100 * time.Millisecond
	DefaultReconnectMax     = 10 * time.Second
)

// Reconnect says how a client gets over the end of its connection: it pauses,
// connects and registers again, and restores what it had subscribed to and
// excluded, the default subscription to .broker/warn included [BUSRT-O9], before
// anything else is sent. The zero value of each field is its default.
//
// What waits for the broker at the cut fails with a [DisconnectedError], and so
// does what is sent until there is a connection again: nothing is sent twice, or
// later than its sender thinks. Receiving goes on, first with what came before
// the cut; what others send meanwhile is lost. A change of the subscriptions
// that fails is not made on later connections either; one whose context ended
// under way, or that was denied in part, is.
//
// The client ends with Close, with MaxAttempts, or when the broker refuses it
// for good: with [codec.Data], [codec.NotSupported] or [codec.AccessDenied]. It
// goes on after [codec.Busy], for the broker may not know yet that the last
// connection has ended, and after [codec.NotRegistered], for the primary of a
// secondary may yet come back.
type Reconnect struct {
	// Initial and Max are the first and the longest pause before an attempt. Each
	// is twice as long as the one before, give or take half of it by chance, so
	// that not all clients of a broker come at once. A connection that lasts longer
	// than the pause before it begins anew. Defaults 100 ms and 10 s.
	Initial, Max time.Duration

	// MaxAttempts is how many attempts in a row may fail. Default: any number.
	MaxAttempts int

	// RetryFirst has [Dial] try as often for the first connection, too; else
	// that must succeed at once.
	RetryFirst bool

	// OnState is told of each change, if it is set, in their order, by a
	// goroutine of the client's own; it may send and wait for acks, but must not
	// Close, and holds up the next attempt. With RetryFirst, failures before the
	// first connection are told by the goroutine in Dial.
	OnState func(s State, cause error)
}

// State is what has become of the connection of a client.
type State uint8

// The states of a client that reconnects.
const (
	// Connected: there is a connection and all is restored. cause is nil, or has
	// a [codec.Status] if topics were denied that had been subscribed to.
	Connected State = iota + 1

	// Disconnected: the connection has ended, for that cause.
	Disconnected

	// AttemptFailed: the client is not connected yet, for that cause; it will try again.
	AttemptFailed

	// Ended: the client has ended; cause is what its Err gives.
	Ended
)

// String is the name of s in words.
func (s State) String() string {
	switch s {
	case Connected:
		return "connected"
	case Disconnected:
		return "disconnected"
	case AttemptFailed:
		return "attempt failed"
	case Ended:
		return "ended"
	default:
		return fmt.Sprintf("state %d", uint8(s))
	}
}

// EnsureDefaults returns r with its zero fields filled in.
func (r Reconnect) EnsureDefaults() Reconnect {
	set(&r.Initial, DefaultReconnectInitial)
	set(&r.Max, max(DefaultReconnectMax, r.Initial))
	if r.OnState == nil {
		r.OnState = func(State, error) {}
	}
	return r
}

// Validate reports the first field of r, defaults filled in, that cannot work.
func (r Reconnect) Validate() error {
	switch {
	case r.Initial < 0 || r.Max < r.Initial:
		return fmt.Errorf("busrt: pauses of %v to %v before connecting again", r.Initial, r.Max)
	case r.MaxAttempts < 0:
		return fmt.Errorf("busrt: %d attempts: want 0 for any number, or more", r.MaxAttempts)
	}
	return nil
}

// attempts are those to connect, with pauses before them.
type attempts struct {
	Reconnect
	pauses backoff.ExponentialBackOff
	pause  time.Duration // the last
	failed int           // in a row
}

func newAttempts(r Reconnect) *attempts {
	return &attempts{Reconnect: r, pauses: backoff.ExponentialBackOff{
		InitialInterval: r.Initial, MaxInterval: r.Max,
		Multiplier: 2, RandomizationFactor: backoff.DefaultRandomizationFactor,
	}}
}

// rest waits until it is time for the next attempt.
func (a *attempts) rest(ctx context.Context) error {
	a.pause = min(a.pauses.NextBackOff(), a.Max)
	t := time.NewTimer(a.pause)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fail counts a failure, and tells whether it is the last.
func (a *attempts) fail(err error) (last bool) {
	a.failed++
	if permanent(err) || a.failed == a.MaxAttempts {
		return true
	}
	a.OnState(AttemptFailed, err)
	return false
}

// lasted begins anew after a connection that was no failure.
func (a *attempts) lasted(d time.Duration) {
	if d > a.pause {
		a.failed = 0
		a.pauses.Reset()
	}
}

// permanent tells whether the next attempt would fail likewise.
func permanent(err error) bool {
	return errors.Is(err, codec.Data) || errors.Is(err, codec.NotSupported) || errors.Is(err, codec.AccessDenied)
}

// connectFirst makes the first connection.
func connectFirst(ctx context.Context, p place, o Options) (net.Conn, error) {
	conn, err := connect(ctx, p, o)
	if err == nil || o.Reconnect == nil || !o.Reconnect.RetryFirst {
		return conn, err
	}
	for a := newAttempts(*o.Reconnect); err != nil && ctx.Err() == nil && !a.fail(err); {
		if a.rest(ctx) != nil {
			break
		}
		conn, err = connect(ctx, p, o)
	}
	return conn, err
}
