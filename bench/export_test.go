package bench

import "time"

// WithSleep has an open loop sleep in the time of a test.
func (o Options) WithSleep(sleep func(time.Duration)) Options {
	o.sleep = sleep
	return o
}

// Texts are the cases of Suite as they are written.
var Texts = suite
