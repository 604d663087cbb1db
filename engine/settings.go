package engine

import (
	"cmp"
	"time"
)

// Settings are what the connections of one listener have in place of the
// broker's options. The zero value of each field is the broker's. They do not
// change once a connection has them; the map may.
type Settings struct {
	// AAA says who may connect and what they may do (section 10 of the
	// protocol). nil: everybody may do everything. Neither clients in this
	// process nor FIFOs are subject to it.
	AAA *AAAMap

	// Timeout is that of [Options], for the connections' timers.
	Timeout time.Duration

	// MaxFrame is that of [Options], for what the connections send.
	MaxFrame int

	// QueueFrames and QueueBytes are those of [Options], for what waits for
	// one of the connections.
	QueueFrames int
	QueueBytes  int
}

// Validate reports the first field that cannot work.
func (s Settings) Validate() error { return s.over(Options{}).EnsureDefaults().Validate() }

// over gives o with what s has in its place.
func (s Settings) over(o Options) Options {
	o.Timeout = cmp.Or(s.Timeout, o.Timeout)
	o.MaxFrame = cmp.Or(s.MaxFrame, o.MaxFrame)
	o.QueueFrames = cmp.Or(s.QueueFrames, o.QueueFrames)
	o.QueueBytes = cmp.Or(s.QueueBytes, o.QueueBytes)
	return o
}

// terms are a session's own, of its listener or the broker.
type terms struct {
	timeout  time.Duration
	maxFrame int
}

// termsOf gives the terms of a session, and the limits of its outbox.
func (b *Broker) termsOf(s *Settings) (terms, *limits) {
	if s == nil {
		return terms{b.options.Timeout, b.options.MaxFrame}, b.limits
	}
	o, l := s.over(b.options), b.limits
	if s.QueueFrames != 0 || s.QueueBytes != 0 {
		l = newLimits(o)
	}
	return terms{o.Timeout, o.MaxFrame}, l
}
