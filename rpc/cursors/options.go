package cursors

import (
	"fmt"
	"time"
)

// Defaults of [Options].
const (
	DefaultTTL     = 30 * time.Second
	DefaultMaxOpen = 1024
	DefaultMaxBulk = 65536
)

// Options of a [Map]. The zero value of each field is its default.
type Options struct {
	// TTL is how long a cursor lives without being called. Default 30 s.
	TTL time.Duration

	// MaxOpen is how many sources may be open at once. Default 1024.
	MaxOpen int

	// MaxBulk is how many rows a call may ask for; one that asks for more is
	// refused, for fewer would be the end. Default 65536. All rows of a call have
	// to fit in a frame.
	MaxBulk int
}

// EnsureDefaults returns o with its zero fields filled in.
func (o Options) EnsureDefaults() Options {
	if o.TTL == 0 {
		o.TTL = DefaultTTL
	}
	if o.MaxOpen == 0 {
		o.MaxOpen = DefaultMaxOpen
	}
	if o.MaxBulk == 0 {
		o.MaxBulk = DefaultMaxBulk
	}
	return o
}

// Validate reports the first field of o, defaults filled in, that cannot work.
func (o Options) Validate() error {
	switch {
	case o.TTL < 0:
		return fmt.Errorf("busrt: cursors that live %v", o.TTL)
	case o.MaxOpen < 1:
		return fmt.Errorf("busrt: %d open cursors: want at least 1", o.MaxOpen)
	case o.MaxBulk < 1:
		return fmt.Errorf("busrt: bulks of %d rows: want at least 1", o.MaxBulk)
	}
	return nil
}
