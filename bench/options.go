package bench

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

// Client is what a worker needs of a connection: of sockets and of in-process
// clients alike.
type Client interface {
	rpc.Bus
	Frames(ctx context.Context) iter.Seq2[codec.Received, error]
}

// Dialer connects a new client under a name. It is called by one goroutine at a
// time. A name that is still taken is tried again if the error is [codec.Busy].
type Dialer func(ctx context.Context, name string) (Client, error)

// Sockets is a dialer to a broker's address; the options apply to each client
// but for its name.
func Sockets(address string, o client.Options) Dialer {
	return func(ctx context.Context, name string) (Client, error) {
		o := o
		o.Name = name
		c, err := client.Dial(ctx, address, o)
		if err != nil {
			return nil, err // no Client that holds a nil pointer
		}
		return c, nil
	}
}

// DefaultWindow keeps a receiver's queue below the mark from which a broker
// holds its senders up, which is half of 8192 frames [BUSRT-O17].
const DefaultWindow = 2048

const maxPayload = min(1<<32-1, math.MaxInt/2) // no frame is longer

// Options of a [Bench]. At least one of Operations and Duration is needed; a
// stage ends with whatever is reached first.
type Options struct {
	// Dial makes the connections. Required.
	Dial Dialer

	// Name is the prefix of the workers' names: NAME-1 and so on. NAME-1-null
	// must not exist, and NAME-1-peer is the receiver of pair. Required.
	Name string

	// Workers is the number of connections that work at the same time. Default 1.
	Workers int

	// PayloadSize is the length of each payload in bytes; 0 is an empty one.
	PayloadSize int

	// Operations is the number per stage, of all workers together; each does the
	// same share, so a remainder is left undone. 0: no limit.
	Operations int

	// Duration is how long a stage may take until it is ended; it then counts as
	// complete. 0: no limit.
	Duration time.Duration

	// Window is how many frames a sender may be ahead of its receiver. Default:
	// [DefaultWindow] in pair, no limit where a client sends to itself, as in the
	// reference; a broker that loses frames then fails.
	Window int

	// Progress, if not nil, is told some times a second how far a stage is, the
	// last time before Run returns. It must not wait.
	Progress func(Progress)
}

// Progress is how far a stage is.
type Progress struct {
	Stage      string
	Operations int // done by all workers; may lag by some
	Elapsed    time.Duration
}

// EnsureDefaults returns o with its zero fields filled in.
func (o Options) EnsureDefaults() Options {
	if o.Workers == 0 {
		o.Workers = 1
	}
	return o
}

// Validate reports the first field of o, defaults filled in, that cannot work.
func (o Options) Validate() error {
	switch {
	case o.Dial == nil:
		return errors.New("busrt: a load generator needs a dialer")
	case o.Name == "":
		return errors.New("busrt: a load generator needs a name")
	case o.Workers < 1:
		return fmt.Errorf("busrt: %d workers: want at least 1", o.Workers)
	case o.PayloadSize < 0 || o.PayloadSize > maxPayload:
		return fmt.Errorf("busrt: payload of %d bytes: want 0 to %d", o.PayloadSize, maxPayload)
	case o.Duration < 0:
		return fmt.Errorf("busrt: duration %v is negative", o.Duration)
	case o.Operations == 0 && o.Duration == 0:
		return errors.New("busrt: a load generator needs a number of operations or a duration")
	case o.Operations != 0 && o.Operations < o.Workers:
		return fmt.Errorf("busrt: %d operations for %d workers: want at least one each", o.Operations, o.Workers)
	case o.Window < 0:
		return fmt.Errorf("busrt: window of %d frames is negative", o.Window)
	}
	return nil
}
