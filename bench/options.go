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
	Publish(ctx context.Context, topic string, payload []byte, q codec.QoS) error
	Subscribe(ctx context.Context, topics ...string) error
	Unsubscribe(ctx context.Context, topics ...string) error
	Frames(ctx context.Context) iter.Seq2[codec.Received, error]
	Ping(ctx context.Context) error
}

// Dialer connects a new client under a name. It is called by one goroutine at a
// time, but for the stages that connect. A name that is still taken is tried
// again if the error is [codec.Busy].
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

// Defaults of [Options].
const (
	// DefaultWindow keeps a receiver's queue below the mark from which a broker
	// holds its senders up, which is half of 8192 frames [BUSRT-O17].
	DefaultWindow = 2048

	// DefaultWindowBytes does so for long frames: a queue takes 16 MiB.
	DefaultWindowBytes = 4 << 20

	// AutoWindow is a window in every stage that receives.
	AutoWindow = -1

	DefaultInFlight     = 64
	DefaultConnections  = 9000
	DefaultPingInterval = 2 * time.Second
)

const maxPayload = min(1<<32-1, math.MaxInt/2) // no frame is longer

// Options of a [Bench]. At least one of Operations and Duration is needed; a
// stage ends with whatever is reached first.
type Options struct {
	// Dial makes the connections. Required.
	Dial Dialer

	// Stream makes the connections of stages that stream without acks, in a closed
	// loop; see [Lean]. Default: Dial.
	Stream StreamDialer

	// Register makes connections that do nothing; see [Light]. Default: Dial.
	Register Registrar

	// Name is the prefix of all names: NAME-1 and so on are the workers.
	// NAME-1-null must not exist. Required.
	Name string

	// Workers is the number of connections that work at the same time, or of
	// pairs or other sets of them. Default 1.
	Workers int

	// PayloadSize is the length of each payload in bytes; 0 is an empty one.
	PayloadSize int

	// Receivers is how many each worker of publish has. Default 1.
	Receivers int

	// Subscriptions is how many others are there, to topics that nobody
	// publishes; publish and subscribe only.
	Subscriptions int

	// Names is how many other clients are registered, which say nothing but
	// pings.
	Names int

	// Connections is how many connect.keep opens. Default 9,000.
	Connections int

	// Operations is the number per stage, of all workers together; each does the
	// same share, so a remainder is left undone. 0: no limit.
	Operations int

	// Duration is how long a stage may take until it is ended; it then counts as
	// complete. 0: no limit.
	Duration time.Duration

	// WarmUp is how long a stage runs before it is measured.
	WarmUp time.Duration

	// Rate, if not 0, is how many operations are begun in a second, by all
	// workers together, whether those before are done or not: an open loop.
	// Latencies then count from the moment when an operation was to begin.
	Rate float64

	// InFlight is how many operations of a worker may be under way in an open
	// loop, where they end with an answer. More wait, which is measured.
	// Default 64.
	InFlight int

	// Window is how many frames a sender may be ahead of its slowest receiver.
	// Default: [DefaultWindow] in stages with other receivers than the sender, or
	// as many as [DefaultWindowBytes] hold; no limit where a client sends to
	// itself, as in the reference. A broker that loses frames then fails.
	// [AutoWindow] is the default of the others there, too.
	Window int

	// PingInterval is how often the clients of Names and Connections ping. A
	// broker wants more than one in 5/4 of its timeout [BUSRT-T1]. Default 2 s.
	PingInterval time.Duration

	// Broker is the process whose CPU and memory are measured. nil: none is.
	Broker *Process

	// Progress, if not nil, is told some times a second how far a stage is, the
	// last time before Run returns. It must not wait.
	Progress func(Progress)

	nap func(time.Duration) // of a test, whose time is not the real one
}

// Progress is how far a stage is.
type Progress struct {
	Stage      string
	Operations int // done by all workers; may lag by some
	Elapsed    time.Duration
}

// EnsureDefaults returns o with its zero fields filled in.
func (o Options) EnsureDefaults() Options {
	for field, standard := range map[*int]int{
		&o.Workers: 1, &o.Receivers: 1, &o.Connections: DefaultConnections, &o.InFlight: DefaultInFlight,
	} {
		if *field == 0 {
			*field = standard
		}
	}
	if o.PingInterval == 0 {
		o.PingInterval = DefaultPingInterval
	}
	if dial := o.Dial; o.Register == nil && dial != nil {
		o.Register = func(ctx context.Context, name string) (Idler, error) { return dial(ctx, name) }
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
	case o.Duration < 0 || o.WarmUp < 0 || o.PingInterval < 0:
		return fmt.Errorf("busrt: duration %v is negative", min(o.Duration, o.WarmUp, o.PingInterval))
	case o.Operations == 0 && o.Duration == 0:
		return errors.New("busrt: a load generator needs a number of operations or a duration")
	case o.Operations != 0 && o.Operations < o.Workers:
		return fmt.Errorf("busrt: %d operations for %d workers: want at least one each", o.Operations, o.Workers)
	case o.Connections < o.Workers:
		return fmt.Errorf("busrt: %d connections for %d workers: want at least one each", o.Connections, o.Workers)
	case o.Window < AutoWindow:
		return fmt.Errorf("busrt: window of %d frames is negative", o.Window)
	case o.Receivers < 1 || o.Subscriptions < 0 || o.Names < 0 || o.InFlight < 1:
		return errors.New("busrt: receivers and operations in flight are at least 1, subscriptions and names at least 0")
	case !(o.Rate >= 0 && o.Rate <= maxRate): // neither holds for NaN
		return fmt.Errorf("busrt: rate of %g per second: want 0 to %g", o.Rate, float64(maxRate))
	}
	return nil
}

// maxRate is an operation in a nanosecond, which is what clocks count.
const maxRate = 1e9

// window is how far a sender may be ahead where others receive.
func (o *Options) window(frame int) int {
	if o.Window > 0 {
		return o.Window
	}
	return min(DefaultWindow, max(2, DefaultWindowBytes/(frame+1)))
}
