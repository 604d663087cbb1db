package rpc

import "fmt"

// Defaults of [Options].
const (
	DefaultMaxConcurrent = 64
	DefaultQueueSize     = 8192
)

// Options of a [Conn]. The zero value of each field is its default.
type Options struct {
	// MaxConcurrent is how many calls are handled at once. Default 64.
	MaxConcurrent int

	// Unordered has notifications and frames handled at once like calls, and
	// counted with them. By default they are handled one after the other, in the
	// order in which they came.
	Unordered bool

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
	}
	return nil
}
