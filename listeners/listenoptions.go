package listeners

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
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

	// These are those of [engine.Options] for the connections of this address.
	// Defaults: the broker's. A FIFO has none of them.
	Timeout          time.Duration
	MaxFrame         int
	FrameRate        int // negative: any number, whatever the broker's
	QueueFrames      int
	QueueBytes       int
	Slow             engine.SlowPolicy
	MaxSubscriptions int
	MaxExclusions    int
	MaxInterests     int

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

// Validate reports the first field that cannot work, wherever it is used. It
// looks up the owner and the group.
func (o ListenOptions) Validate() error {
	if err := o.numbers(); err != nil {
		return err
	}
	if _, err := o.owner(); err != nil {
		return fmt.Errorf("busrt: %w", err)
	}
	return nil
}

// numbers is Validate without users and groups.
func (o ListenOptions) numbers() error {
	if o.Mode&^fs.ModePerm != 0 {
		return errors.New("busrt: the mode of a socket has permissions only")
	}
	return o.engine().Validate()
}

// validateFor reports the first field that cannot work at an address of that
// network.
func (o ListenOptions) validateFor(bind, network string) error {
	if err := o.numbers(); err != nil {
		return err
	}
	switch {
	case network != networkUnix && (o.Owner != "" || o.Group != ""):
		return bindErrorf(bind, "only a unix socket is given an owner or a group")
	case network == networkFIFO && o.engine() != engine.Settings{}:
		return bindErrorf(bind, "a FIFO has no connections: neither access map nor timeout nor limits")
	}
	return o.Validate()
}

// engine is the part of the options that the engine gives effect to.
func (o ListenOptions) engine() engine.Settings {
	return engine.Settings{
		AAA: o.AAA, Timeout: o.Timeout, MaxFrame: o.MaxFrame, FrameRate: o.FrameRate,
		QueueFrames: o.QueueFrames, QueueBytes: o.QueueBytes, Slow: o.Slow,
		MaxSubscriptions: o.MaxSubscriptions, MaxExclusions: o.MaxExclusions, MaxInterests: o.MaxInterests,
	}
}

// settings are what the next connection of an address gets; nil in it: those of
// the broker.
type settings struct {
	atomic.Pointer[engine.Settings]
}

func (o ListenOptions) settings() *settings {
	s := new(settings)
	s.set(o)
	return s
}

func (s *settings) set(o ListenOptions) {
	if own := o.engine(); own != (engine.Settings{}) {
		s.Store(&own)
	} else {
		s.Store(nil)
	}
}

// Adjust gives connections that come to an address from now on another AAA and
// other limits, the fields that are those of [engine.Options], than [Group.Listen]
// was told; the rest of o is not looked at. Those that are there keep theirs, but
// for what the map that they have says. bind is as it was given to Listen. An
// error changes nothing.
func (g *Group) Adjust(bind string, o ListenOptions) error {
	if err := o.engine().Validate(); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.mu.settings[bind]
	if s == nil {
		return bindErrorf(bind, "no connections come from there")
	}
	s.set(o)
	return nil
}
