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
	every  int  // one in so many operations is timed; 0: each
	keeps  bool // connections stay open until their memory was measured
	mixed  bool // payloads of many sizes
	closed bool // no open loop
	run    func(*worker, context.Context) error
}

// link is how a worker is connected.
type link uint8

const (
	linkNone   link = iota
	linkBare        // not at all: the stage itself connects
	linkCalls       // one connection, with RPC on it
	linkOne         // one connection
	linkFan         // one that publishes and some that receive
	linkPair        // one that sends and one that receives; here on there is a peer
	linkFour        // four that send and one that receives
	linkCallee      // one that calls and one that is called
)

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
