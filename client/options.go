package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
	"unicode/utf8"

	"github.com/busrt-go/busrt/codec"
)

// Defaults of [Options].
const (
	DefaultTimeout      = 5 * time.Second
	DefaultBufferSize   = 8192
	DefaultBufferTTL    = 10 * time.Microsecond
	DefaultQueueSize    = 8192
	DefaultSilence      = 15 * time.Second
	DefaultPingInterval = time.Second
)

// maxFrameBytes is what a header can announce, maxNameBytes what a hello can.
const (
	maxFrameBytes = 1<<32 - 1
	maxNameBytes  = 1<<16 - 1
)

// Options of a client. The zero value of each field but Name is its default.
type Options struct {
	// Name is what the client is called on the bus; required.
	Name string

	// Timeout bounds connecting and the handshake, together. Default 5 s.
	Timeout time.Duration

	// BufferSize is how many bytes of frames are collected before they are
	// written. Default 8192.
	BufferSize int

	// BufferTTL is how long a frame may wait for others, unless it is realtime
	// or somebody waits for its ack [BUSRT-O15]. Timers are no finer than a
	// millisecond: with less, the default of 10 µs among it, the buffer is
	// written as soon as the scheduler comes to it. Negative: frames do not wait.
	BufferTTL time.Duration

	// QueueSize is how many frames are kept for an application that does not
	// receive them; what a receiver has taken over does not count. Beyond it, or
	// beyond 16 MiB, the client stops reading. Default 8192.
	QueueSize int

	// MaxFrame is the longest body of a frame in bytes that is sent [BUSRT-F8];
	// one that is received may be longer by the name of its sender. Default
	// 16 MiB, at most 4 GiB - 1.
	MaxFrame int

	// Silence is after how long without a byte from the broker the connection
	// is given up; brokers send something every half of their timeout [BUSRT-B1].
	// Default 15 s; negative turns it off.
	Silence time.Duration

	// PingInterval is the longest time in which the broker hears nothing: the
	// client pings if nothing else is sent [BUSRT-T1] [BUSRT-T4]. The default of 1 s
	// suits brokers with a timeout from 1 s on; negative turns pings off.
	PingInterval time.Duration

	// Reconnect has the client connect again whenever its connection ends. nil:
	// the client ends with its connection.
	Reconnect *Reconnect

	// Token is what a broker may ask for on WebSocket, a bearer token; ignored
	// elsewhere.
	Token string

	// TLS is for tls:// and wss:// addresses: whom to trust, a certificate to
	// show. It is not changed. Default: the system's authorities.
	TLS *tls.Config

	// Dialer connects, network being "unix" or "tcp", address a path or
	// host:port; TLS and WebSocket come on top. Default: a net.Dialer.
	Dialer func(ctx context.Context, network, address string) (net.Conn, error)
}

// EnsureDefaults returns o with its zero fields filled in.
func (o Options) EnsureDefaults() Options {
	set(&o.Timeout, DefaultTimeout)
	set(&o.BufferSize, DefaultBufferSize)
	set(&o.BufferTTL, DefaultBufferTTL)
	set(&o.QueueSize, DefaultQueueSize)
	set(&o.MaxFrame, codec.DefaultMaxBody)
	set(&o.Silence, DefaultSilence)
	set(&o.PingInterval, DefaultPingInterval)
	if o.Dialer == nil {
		o.Dialer = new(net.Dialer).DialContext
	}
	if o.Reconnect != nil {
		r := o.Reconnect.EnsureDefaults()
		o.Reconnect = &r
	}
	return o
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Validate reports the first field of o, defaults filled in, that cannot work.
// What else a name may not be is up to the broker.
func (o Options) Validate() error {
	switch {
	case o.Name == "":
		return errors.New("busrt: a client needs a name")
	case len(o.Name) > maxNameBytes || !utf8.ValidString(o.Name):
		return fmt.Errorf("busrt: name %.40q: want up to 65535 bytes of UTF-8", o.Name)
	case o.Timeout < 0:
		return fmt.Errorf("busrt: timeout %v is negative", o.Timeout)
	case o.BufferSize < 1:
		return fmt.Errorf("busrt: buffer of %d bytes: want at least 1", o.BufferSize)
	case o.QueueSize < 1:
		return fmt.Errorf("busrt: queue of %d frames: want at least 1", o.QueueSize)
	case o.MaxFrame < 1 || int64(o.MaxFrame) > maxFrameBytes:
		return fmt.Errorf("busrt: frame limit of %d bytes: want 1 to %d", o.MaxFrame, int64(maxFrameBytes))
	case o.Reconnect != nil:
		return o.Reconnect.Validate()
	}
	return nil
}
