package bench

import (
	"net"
	"time"
)

// WithNap has an open loop sleep in the time of a test.
func (o Options) WithNap(nap func(time.Duration)) Options {
	o.nap = nap
	return o
}

// Texts are the cases of Suite as they are written.
var Texts = suite

// NewLean makes a lean connection of one that is past the handshake.
func NewLean(conn net.Conn, timeout time.Duration) Streamer { return newLean(conn, timeout) }
