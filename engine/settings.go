package engine

import (
	"cmp"
	"time"

	"golang.org/x/time/rate"
)

// Settings are what the connections of one listener have in place of the
// broker's options, or the clients of one name in place of their listener's
// settings ([Access.Limits]). The zero value of each field is the broker's. They do not
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

	// MaxSubscriptions, MaxExclusions and MaxInterests are those of [Options].
	MaxSubscriptions int
	MaxExclusions    int
	MaxInterests     int
}

// Validate reports the first field that cannot work.
func (s Settings) Validate() error {
	return s.over(Options{MaxMemory: -1}).EnsureDefaults().Validate() // the machine need not be asked what it has
}

// over gives o with what s has in its place.
func (s Settings) over(o Options) Options {
	o.Timeout = cmp.Or(s.Timeout, o.Timeout)
	o.MaxFrame = cmp.Or(s.MaxFrame, o.MaxFrame)
	o.FrameRate = cmp.Or(s.FrameRate, o.FrameRate)
	o.QueueFrames = cmp.Or(s.QueueFrames, o.QueueFrames)
	o.QueueBytes = cmp.Or(s.QueueBytes, o.QueueBytes)
	o.Slow = cmp.Or(s.Slow, o.Slow)
	o.MaxSubscriptions = cmp.Or(s.MaxSubscriptions, o.MaxSubscriptions)
	o.MaxExclusions = cmp.Or(s.MaxExclusions, o.MaxExclusions)
	o.MaxInterests = cmp.Or(s.MaxInterests, o.MaxInterests)
	return o
}

// limited tells whether there is anything of what newLimits looks at.
func (s Settings) limited() bool {
	s.AAA, s.Timeout, s.MaxFrame, s.FrameRate = nil, 0, 0, 0
	return s != Settings{}
}

// terms are a session's own, of its listener or the broker.
type terms struct {
	timeout  time.Duration
	maxFrame int
	rate     *rate.Limiter // of its frames; nil: as many as it likes
}

// termsOf gives the terms of a session, and its limits. own are settings from the
// least to the most particular; any may be nil.
func (b *Broker) termsOf(own ...*Settings) (terms, *limits) {
	o, limited := b.options, false
	for _, s := range own {
		if s != nil {
			o = s.over(o)
			limited = limited || s.limited()
		}
	}
	l := b.limits
	if limited {
		l = newLimits(o)
	}
	t := terms{timeout: o.Timeout, maxFrame: o.MaxFrame}
	if o.FrameRate > 0 {
		t.rate = rate.NewLimiter(rate.Limit(o.FrameRate), o.FrameRate)
	}
	return t, l
}
