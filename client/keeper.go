package client

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// keeper keeps a client connected: it waits for the end of one link and makes
// the next, on a goroutine of its own.
type keeper struct {
	client   *Client
	attempts *attempts
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	cut      atomic.Pointer[func(error)]

	// turn is held by who changes subscriptions, from before it is sent until
	// after it is noted, and by who restores them until the link is in use. So
	// what is noted is what the broker knows, and nothing gets lost between.
	turn chan struct{}
	want subscriptions
}

func newKeeper(c *Client) *keeper {
	k := &keeper{client: c, attempts: newAttempts(*c.options.Reconnect), turn: make(chan struct{}, 1)}
	k.want.init()
	k.ctx, k.cancel = context.WithCancel(context.Background())
	return k
}

// keep goes on until the client ends. l is the first link.
func (k *keeper) keep(l *link) {
	report := k.attempts.OnState
	report(Connected, nil)
	for {
		begun := time.Now()
		<-l.done
		k.attempts.lasted(time.Since(begun))
		cause := l.why()
		if f := k.cut.Load(); f != nil {
			(*f)(cause)
		}
		var denied error
		if !errors.Is(cause, ErrClosed) {
			report(Disconnected, cause)
			l, denied, cause = k.connect()
		}
		if cause != nil {
			k.cancel()
			k.client.finish(cause)
			report(Ended, cause)
			return
		}
		report(Connected, denied)
	}
}

// connect makes attempts until one succeeds, or there is an end. denied is why
// not all is as before.
func (k *keeper) connect() (l *link, denied, end error) {
	for {
		err := k.attempts.rest(k.ctx)
		if err == nil {
			l, denied, err = k.attempt()
		}
		switch {
		case err == nil:
			return l, denied, nil
		case k.ctx.Err() != nil:
			return nil, nil, ErrClosed
		case k.attempts.fail(err):
			return nil, nil, &DisconnectedError{Cause: err}
		}
	}
}

// attempt connects and restores.
func (k *keeper) attempt() (l *link, denied, err error) {
	c := k.client
	conn, err := connect(k.ctx, c.place, c.options)
	if err != nil {
		return nil, nil, err
	}
	c.queue.reopen()
	l = c.attach(conn)
	c.goroutines.Go(func() { l.tell(l.read()) })
	denied, err = k.restore(l)
	if err != nil {
		l.abort(&DisconnectedError{Cause: err})
		<-l.done
		return nil, nil, err
	}
	return l, denied, nil
}

// restore has the broker know what the client wants, then l is what the client
// uses.
func (k *keeper) restore(l *link) (denied, err error) {
	ctx, cancel := context.WithTimeout(k.ctx, k.client.options.Timeout)
	defer cancel()
	if err := k.take(ctx); err != nil {
		return nil, err
	}
	defer k.give()
	if denied, err = k.want.restore(ctx, l); err != nil {
		return nil, fmt.Errorf("busrt: restoring subscriptions: %w", err)
	}
	if !k.client.adopt(l) {
		return nil, ErrClosed
	}
	return denied, nil
}

// topics changes the subscriptions, and notes the change unless it failed.
func (k *keeper) topics(ctx context.Context, f *outgoing) error {
	if err := k.take(ctx); err != nil {
		return err
	}
	defer k.give()
	confirm, err := k.client.post(ctx, f, later)
	if err != nil {
		return err
	}
	err = confirm.Wait(ctx)
	var cut *DisconnectedError
	if !errors.As(err, &cut) && !errors.Is(err, ErrClosed) {
		k.want.note(f.op, f.topics)
	}
	return err
}

func (k *keeper) take(ctx context.Context) error {
	select {
	case k.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (k *keeper) give() { <-k.turn }

// OnCut has f told at once, with the cause, when a connection has ended that
// others may follow, see [Options.Reconnect]: what was to come on it will not
// come. Package rpc ends its calls so. f runs on a goroutine of the client's own
// and must not wait. nil ends it; without Reconnect it does nothing.
func (c *Client) OnCut(f func(cause error)) {
	switch {
	case c.keeper == nil:
	case f == nil:
		c.keeper.cut.Store(nil)
	default:
		c.keeper.cut.Store(&f)
	}
}

// AwaitConnection waits until the client is connected, which without
// [Options.Reconnect] it is until it ends. Errors are those of ctx and of
// [Client.Err]. The connection may end at any time again.
func (c *Client) AwaitConnection(ctx context.Context) error {
	for {
		l := c.link.Load()
		select {
		case <-l.done:
		default:
			return nil
		}
		select {
		case <-l.replaced:
		case <-c.done:
			return c.Err()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
