package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// A broker may hold a name for a moment after its client has closed
// [BUSRT-H11]: the reference's does.
const (
	busyWait  = 2 * time.Second // in all
	busyPause = time.Millisecond
)

// patiently connects a client, and tries again while its name is taken.
func patiently[C any](ctx context.Context, name string, dial func(ctx context.Context, name string) (C, error)) (C, error) {
	var none C
	patience := time.After(busyWait)
	for pause := busyPause; ; pause *= 2 {
		c, err := dial(ctx, name)
		switch {
		case ctx.Err() != nil && err != nil:
			return none, context.Cause(ctx)
		case !errors.Is(err, codec.Busy):
			return c, err
		}
		select {
		case <-time.After(pause):
		case <-patience:
			return none, fmt.Errorf("busrt: name %q: %w", name, err)
		case <-ctx.Done():
			return none, context.Cause(ctx)
		}
	}
}

// connectAndClose registers clients and has them leave at once, each with a name
// of its own: one that is used again may have to be waited for.
func (w *worker) connectAndClose(ctx context.Context) error {
	return w.repeat(ctx, func(ctx context.Context) error {
		c, err := w.bench.options.Register(ctx, w.nextName())
		if err != nil {
			return w.because(ctx, err)
		}
		return c.Close()
	})
}

// keep registers the worker's share of the clients that stay.
func (w *worker) keep(ctx context.Context) error {
	return w.repeat(ctx, func(ctx context.Context) error {
		c, err := w.bench.options.Register(ctx, w.nextName())
		if err != nil {
			return w.because(ctx, err)
		}
		w.run.kept.add(c)
		return nil
	})
}

func (w *worker) nextName() string { return fmt.Sprintf("%s-%d", w.name, w.names.Add(1)) }

// because prefers the reason of a context that ended to what that did.
func (w *worker) because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// subscribe has the broker add topics and forget them again.
func (w *worker) subscribe(ctx context.Context) error {
	return w.repeat(ctx, func(ctx context.Context) error {
		topic := w.target + "-" + fmt.Sprint(w.names.Add(1))
		if err := w.client.Subscribe(ctx, topic); err != nil {
			return err
		}
		return w.client.Unsubscribe(ctx, topic)
	})
}
