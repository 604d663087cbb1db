package rpc

import (
	"errors"
	"fmt"
)

// Defaults of [Options].
const (
	DefaultMaxConcurrent = 64
	DefaultQueueSize     = 8192
)

// Options of a [Conn]. The zero value of each field is its default.
type Options struct {
	// MaxConcurrent is how many calls are handled at once. Default 64. With 1 they
	// are handled in the order in which they came.
	MaxConcurrent int

	// Unordered has notifications and frames handled at once like calls, and
	// counted with them. By default they are handled one after the other, in the
	// order in which they came.
	Unordered bool

	// FramesApart has frames handled in their order, but apart from
	// notifications: neither waits for the other. By default they share one
	// order.
	FramesApart bool

	// Inline has the handler run on the goroutine that receives: calls,
	// notifications and frames in one order, none at once, MaxConcurrent and
	// QueueSize without meaning. That saves a switch of goroutines for each. It is
	// for handlers of a few microseconds: until one returns nothing is received,
	// and one that calls gets its reply only if the bus has a Tap, else it waits
	// for ever.
	Inline bool

	// WatchCallees has calls fail at once, with a [GoneError], when the client
	// that was called leaves before it answers, or is replaced by force
	// [BUSRT-H10], then only if the call is older than a second: a younger one may
	// have found the new client. Else only ctx ends them. For that
	// the Conn subscribes to .broker/info [BUSRT-A1], which the broker must allow,
	// and gets all its publishes: two for each client that comes and goes. They
	// are kept from the handler unless ShowAnnouncements is set.
	WatchCallees bool

	// ShowAnnouncements has the handler get the publishes of .broker/info all the
	// same, as one wants who has subscribed to them himself.
	ShowAnnouncements bool

	// QueueSize is how many calls, and how many notifications and frames, may
	// wait for their turn. Beyond it nothing is received any more, replies only
	// as far as the bus has a Tap: a handler that waits for one should have a
	// context with a deadline. Default 8192.
	QueueSize int

	// Realtime has calls and notifications sent realtime, so that nobody on
	// their way, or on that of the reply, waits for company [BUSRT-O15].
	Realtime bool
}

// EnsureDefaults returns o with its zero fields filled in.
func (o Options) EnsureDefaults() Options {
	if o.MaxConcurrent == 0 {
		o.MaxConcurrent = DefaultMaxConcurrent
	}
	if o.QueueSize == 0 {
		o.QueueSize = DefaultQueueSize
	}
	return o
}

// Validate reports the first field of o, defaults filled in, that cannot work.
func (o Options) Validate() error {
	switch {
	case o.MaxConcurrent < 1:
		return fmt.Errorf("busrt: %d calls at once: want at least 1", o.MaxConcurrent)
	case o.QueueSize < 1:
		return fmt.Errorf("busrt: queue of %d calls: want at least 1", o.QueueSize)
	case o.Inline && (o.Unordered || o.FramesApart):
		return errors.New("busrt: a handler that runs inline has one order for all")
	case o.Unordered && o.FramesApart:
		return errors.New("busrt: frames cannot be unordered and in an order of their own")
	case o.ShowAnnouncements && !o.WatchCallees:
		return errors.New("busrt: ShowAnnouncements means nothing without WatchCallees")
	}
	return nil
}
