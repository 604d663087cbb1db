package listeners

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"time"

	"github.com/busrt-go/busrt/engine"
)

// ListenOptions of one address. The zero value of each field is its default.
type ListenOptions struct {
	// Mode is the permissions of a unix socket or a FIFO, whatever the umask.
	// Default: for a socket what the umask leaves, for a FIFO 0620 [BUSRT-L2].
	Mode fs.FileMode

	// Owner and Group are whom a unix socket belongs to, as names or numbers.
	// Default: the process's. Only root may give a socket to another user.
	Owner, Group string

	// AAA says which names may connect here and what they may do [BUSRT-S1].
	// Default: everybody may do everything. A FIFO has none: who may write to
	// it speaks as the broker itself [BUSRT-L1].
	AAA *engine.AAAMap

	// Timeout, MaxFrame, FrameRate, QueueFrames, QueueBytes and Slow are those of
	// [engine.Options] for the connections of this address. Defaults: the
	// broker's. A FIFO has none of them.
	Timeout     time.Duration
	MaxFrame    int
	FrameRate   int
	QueueFrames int
	QueueBytes  int
	Slow        engine.SlowPolicy

	// TLS is required for tls:// and wss://: at least a certificate, TLS 1.2 is
	// enforced. A client certificate that was verified (ClientAuth is up to you)
	// is part of who the client is [BUSRT-H9], and the DNS names in it are the
	// primary names that it may take. It is not changed.
	TLS *tls.Config

	// VerifyToken has ws:// and wss:// ask for a bearer token; a missing one, or
	// one that is not ok, gets the HTTP status 401. names are the primary names
	// that it allows, nil for any. Called by any goroutine. [Tokens] has one.
	VerifyToken func(token string) (names []string, ok bool)

	// Origins are the hosts, or SCHEME://HOST, whose pages may open a WebSocket
	// in a browser, with wildcards as in [path.Match]. Default: that of the
	// listener itself. Who is no browser need not name one.
	Origins []string
}

// Validate reports the first field that cannot work, wherever it is used.
func (o ListenOptions) Validate() error {
	if o.Mode&^fs.ModePerm != 0 {
		return errors.New("busrt: the mode of a socket has permissions only")
	}
	return o.engine().Validate()
}

// validateFor reports the first field that cannot work at an address of that
// network.
func (o ListenOptions) validateFor(bind, network string) error {
	if err := o.Validate(); err != nil {
		return err
	}
	switch {
	case network != networkUnix && (o.Owner != "" || o.Group != ""):
		return bindErrorf(bind, "only a unix socket is given an owner or a group")
	case network == networkFIFO && o.engine() != engine.Settings{}:
		return bindErrorf(bind, "a FIFO has no connections: neither access map nor timeout nor limits")
	}
	return nil
}

// engine is the part of the options that the engine gives effect to.
func (o ListenOptions) engine() engine.Settings {
	return engine.Settings{
		AAA: o.AAA, Timeout: o.Timeout, MaxFrame: o.MaxFrame, FrameRate: o.FrameRate,
		QueueFrames: o.QueueFrames, QueueBytes: o.QueueBytes, Slow: o.Slow,
	}
}

// settings are what all connections of the address share, nil if they are the
// broker's.
func (o ListenOptions) settings() *engine.Settings {
	s := o.engine()
	if s == (engine.Settings{}) {
		return nil
	}
	return &s
}
