package engine

import (
	"cmp"
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

	DefaultMaxSubscriptions = 16 << 10
	DefaultMaxExclusions    = 1 << 10
	DefaultMaxInterests     = 32 << 20
	DefaultMaxTopic         = 64 << 10
	DefaultMaxTopicDepth    = 256
	DefaultMaxHello         = 4 << 10
	DefaultMaxHandshakes    = 1024
)

// Edges of [Options]: what the counters of an outbox can hold, an int of 32 bits
// with something added, and a hello.
const (
	maxQueueFrames = 1 << 21
	maxQueueBytes  = min(1<<37, math.MaxInt/2)
	maxFrameBytes  = min(1<<32-1, math.MaxInt/2)
	maxName        = 1<<16 - 1 // bytes, and so many dots: what a hello has room for [BUSRT-H4]
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

	// Slow is what becomes of a connection that takes less than it is sent.
	// Default [SlowPause].
	Slow SlowPolicy

	// FrameRate is how many frames a second a connection may send, pings among
	// them, and a second's worth at once; one that sends more is disconnected.
	// What a pause of flow control has held up comes at once as well. Default, and
	// if negative: any number.
	FrameRate int

	// MaxSubscriptions and MaxExclusions are how many a client may have, and
	// MaxInterests what both together may take in memory, in bytes: their text
	// and 128 for each segment. What is more gets [codec.Data]. Defaults 16384,
	// 1024, 32 MiB.
	MaxSubscriptions int
	MaxExclusions    int
	MaxInterests     int

	// MaxTopic and MaxTopicDepth bound topics, published or subscribed to, in
	// bytes and segments; others get [codec.Data]. Defaults 64 KiB, 256.
	MaxTopic      int
	MaxTopicDepth int

	// MaxHello is how many bytes a handshake may take, its name included; one
	// that takes more is disconnected. Default 4 KiB, or what the longest of
	// Names takes.
	MaxHello int

	// MaxHandshakes is how many connections may be in their handshake; transports
	// let others wait ([Broker.RoomForHandshake]). Default 1024.
	MaxHandshakes int

	// MaxMemory is how many bytes may be queued or partly received in the whole
	// broker. Above it, connections are cut off that have the most of them, until
	// they would fit. Default: 60 % of the least of the memory limit of the Go
	// runtime, of the control group and of the machine; negative: any number.
	MaxMemory int

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
	o.Slow = cmp.Or(o.Slow, SlowPause)
	o.MaxSubscriptions = cmp.Or(o.MaxSubscriptions, DefaultMaxSubscriptions)
	o.MaxExclusions = cmp.Or(o.MaxExclusions, DefaultMaxExclusions)
	o.MaxInterests = cmp.Or(o.MaxInterests, DefaultMaxInterests)
	o.MaxTopic = cmp.Or(o.MaxTopic, DefaultMaxTopic)
	o.MaxTopicDepth = cmp.Or(o.MaxTopicDepth, DefaultMaxTopicDepth)
	o.MaxHello = cmp.Or(o.MaxHello, max(DefaultMaxHello, len(codec.Greeting)+helloHeader+o.Names.MaxLen))
	o.MaxHandshakes = cmp.Or(o.MaxHandshakes, DefaultMaxHandshakes)
	if o.MaxMemory == 0 {
		o.MaxMemory = defaultMemory()
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
	case o.Slow > SlowDropNew:
		return fmt.Errorf("busrt: no such policy for slow receivers: %d", o.Slow)
	case o.Names.MaxLen < 0 || o.Names.MaxLen > maxName:
		return fmt.Errorf("busrt: names of %d bytes: want 1 to %d", o.Names.MaxLen, maxName)
	case o.Names.MaxDots < 0 || o.Names.MaxDots > maxName:
		return fmt.Errorf("busrt: names of %d dots: want 1 to %d", o.Names.MaxDots, maxName)
	}
	for _, limit := range []struct {
		of string
		n  int
	}{
		{"subscriptions", o.MaxSubscriptions},
		{"exclusions", o.MaxExclusions},
		{"bytes for subscriptions", o.MaxInterests},
		{"bytes in a topic", o.MaxTopic},
		{"segments in a topic", o.MaxTopicDepth},
		{"bytes in a handshake", o.MaxHello},
		{"connections in their handshake", o.MaxHandshakes},
	} {
		if limit.n < 1 {
			return fmt.Errorf("busrt: limit of %d %s: want 1 at least", limit.n, limit.of)
		}
	}
	return nil
}
