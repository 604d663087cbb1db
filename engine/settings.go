package engine

import (
	"cmp"
	"time"

	"golang.org/x/time/rate"
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

	// MaxFrame and FrameRate are those of [Options], for what the connections
	// send.
	MaxFrame  int
	FrameRate int

	// QueueFrames, QueueBytes and Slow are those of [Options], for what waits
	// for one of the connections.
	QueueFrames int
	QueueBytes  int
	Slow        SlowPolicy
}

// Validate reports the first field that cannot work.
func (s Settings) Validate() error { return s.over(Options{}).EnsureDefaults().Validate() }

// over gives o with what s has in its place.
func (s Settings) over(o Options) Options {
	o.Timeout = cmp.Or(s.Timeout, o.Timeout)
	o.MaxFrame = cmp.Or(s.MaxFrame, o.MaxFrame)
	o.FrameRate = cmp.Or(s.FrameRate, o.FrameRate)
	o.QueueFrames = cmp.Or(s.QueueFrames, o.QueueFrames)
	o.QueueBytes = cmp.Or(s.QueueBytes, o.QueueBytes)
	o.Slow = cmp.Or(s.Slow, o.Slow)
	return o
}

// terms are a session's own, of its listener or the broker.
type terms struct {
	timeout  time.Duration
	maxFrame int
	rate     *rate.Limiter // of its frames; nil: as many as it likes
}

// termsOf gives the terms of a session, and the limits of its outbox.
func (b *Broker) termsOf(s *Settings) (terms, *limits) {
	o, l := b.options, b.limits
	if s != nil {
		o = s.over(o)
		if s.QueueFrames != 0 || s.QueueBytes != 0 || s.Slow != SlowDefault {
			l = newLimits(o)
		}
	}
	t := terms{timeout: o.Timeout, maxFrame: o.MaxFrame}
	if o.FrameRate > 0 {
		t.rate = rate.NewLimiter(rate.Limit(o.FrameRate), o.FrameRate)
	}
	return t, l
}
