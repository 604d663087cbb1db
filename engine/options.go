package engine

import (
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// Defaults of [Options]; the first three are those of the reference's library
// (docs/protocol.md, section 1).
const (
	DefaultTimeout     = time.Second
	DefaultQueueFrames = 8192
	DefaultQueueBytes  = 16 << 20
	DefaultStallTime   = 100 * time.Millisecond
)

// Edges of [Options]: what the counters of an outbox can hold, and an int of 32
// bits with something added.
const (
	maxQueueFrames = 1 << 21
	maxQueueBytes  = min(1<<37, math.MaxInt/2)
	maxFrameBytes  = min(1<<32-1, math.MaxInt/2)
)

// Options of a broker. The zero value of each field is its default.
type Options struct {
	// Timeout bounds the handshake and is the base of every timer of section 6
	// [BUSRT-H8] [BUSRT-T1]. Default 1 s.
	Timeout time.Duration

	// QueueFrames and QueueBytes limit what may wait for one receiver; beyond
	// them it is cut off [BUSRT-O12]. Defaults 8192 frames, 16 MiB.
	QueueFrames int
	QueueBytes  int

	// MaxFrame is the longest body a client may send, in bytes; a longer one
	// ends its connection [BUSRT-F8]. Default 16 MiB, at most 4 GiB - 1; 1 GiB on
	// 32-bit machines.
	MaxFrame int

	// StallTime is how long a receiver may take nothing before it no longer
	// holds its senders up [BUSRT-O17]. Default 100 ms; negative turns flow
	// control off, so that a slow receiver is cut off at once.
	StallTime time.Duration

	// Names bounds the names clients may take [BUSRT-H7].
	Names codec.NameLimits

	// ForceRegister lets a new client take over a name in use [BUSRT-H10].
	ForceRegister bool

	// Version is what `.broker` answers to `info` [BUSRT-C2]. Default "dev".
	Version string

	// Logger receives events of the control plane; nothing is logged per frame.
	// Default: discarded.
	Logger *slog.Logger
}

// EnsureDefaults returns o with its zero fields filled in.
func (o Options) EnsureDefaults() Options {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.QueueFrames == 0 {
		o.QueueFrames = DefaultQueueFrames
	}
	if o.QueueBytes == 0 {
		o.QueueBytes = DefaultQueueBytes
	}
	if o.MaxFrame == 0 {
		o.MaxFrame = codec.DefaultMaxBody
	}
	if o.StallTime == 0 {
		o.StallTime = DefaultStallTime
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Validate reports the first field of o, defaults filled in, that cannot work.
func (o Options) Validate() error {
	switch {
	case o.Timeout < 0:
		return fmt.Errorf("busrt: timeout %v is negative", o.Timeout)
	case o.QueueFrames < 1 || o.QueueFrames > maxQueueFrames:
		return fmt.Errorf("busrt: queue of %d frames: want 1 to %d", o.QueueFrames, maxQueueFrames)
	case o.QueueBytes < 1 || o.QueueBytes > maxQueueBytes:
		return fmt.Errorf("busrt: queue of %d bytes: want 1 to %d", o.QueueBytes, maxQueueBytes)
	case o.MaxFrame < 1 || o.MaxFrame > maxFrameBytes:
		return fmt.Errorf("busrt: frame limit of %d bytes: want 1 to %d", o.MaxFrame, maxFrameBytes)
	}
	return nil
}
