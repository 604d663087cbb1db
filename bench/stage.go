package bench

import (
	"context"

	"github.com/busrt-go/busrt/codec"
)

// Stage is one kind of work. The zero value is none; [Stages] has them all.
type Stage struct {
	Name  string
	About string // what is done, in a few words

	link   link
	to     target
	method string    // RPC stages
	qos    codec.QoS // the others
	least  int       // bytes of a payload
	takes  takes
	every  int  // one in so many operations is timed, a power of two; 0: each
	keeps  bool // connections stay open until their memory was measured
	mixed  bool // payloads of many sizes
	closed bool // no open loop
	lean   bool // what a [Streamer] can do is enough
	run    func(*worker, context.Context) error
}

// target is whom a worker's frames go to.
type target uint8

const (
	toBroker target = iota
	toItself
	toNobody // a name that does not exist
	toPeer   // the one that receives, or is called
	toTopic  // its subscribers
)

// takes are the parameters that a stage has beside its workers.
type takes uint8

const (
	takesSize takes = 1 << iota
	takesReceivers
	takesSubscriptions
	takesNames
	takesConnections
)

const (
	selfTest = "benchmark.selftest"

	// sparsely is one in how many operations is timed where nobody waits for
	// an answer: the clock would cost as much as the operation.
	sparsely = 64
)
