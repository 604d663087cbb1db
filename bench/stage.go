package bench

import (
	"context"

	"github.com/busrt-go/busrt/codec"
)

// Stage is one kind of work. The zero value is none; [Stages] has them all.
type Stage struct {
	Name string

	link   link
	to     target
	method string    // RPC stages
	qos    codec.QoS // the others
	least  int       // bytes of a payload
	run    func(*worker, context.Context) error
}

// link is how a worker is connected.
type link uint8

const (
	linkNone   link = iota
	linkCalls       // one connection, with RPC on it
	linkOne         // one connection
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
)

const selfTest = "benchmark.selftest"

// stages is in the order of the reference's benchmark.
var stages = [...]Stage{
	{Name: "rpc.call", link: linkCalls, to: toBroker, method: "benchmark.test", run: (*worker).call},
	{Name: "rpc.call+handle", link: linkCalls, to: toItself, method: selfTest, run: (*worker).call},
	{Name: "rpc.call0", link: linkCalls, to: toNobody, method: "test", run: (*worker).call0},
	{Name: "send.qos.no", link: linkOne, to: toNobody, run: (*worker).send},
	{Name: "send.qos.processed", link: linkOne, to: toNobody, qos: codec.QoSRealtimeProcessed, run: (*worker).send},
	{Name: "send+recv.qos.no", link: linkOne, to: toItself, run: (*worker).stream},
	{Name: "send+recv.qos.processed", link: linkOne, to: toItself, qos: codec.QoSRealtimeProcessed, run: (*worker).stream},
	{Name: "pair", link: linkPair, to: toPeer, run: (*worker).stream},
}

// Stages gives all stages in the order they are meant to run in: the seven of
// the reference, then pair.
func Stages() []Stage { return append([]Stage(nil), stages[:]...) }

// Reference gives the seven stages of the reference's benchmark.
func Reference() []Stage { return Stages()[:7] }

// StageNamed finds a stage.
func StageNamed(name string) (Stage, bool) {
	for _, s := range stages {
		if s.Name == name {
			return s, true
		}
	}
	return Stage{}, false
}

// timedEvery is one in how many operations of s is timed: all but where nobody
// waits for an answer, or it may come in less time than the clock takes.
func (s *Stage) timedEvery() int {
	if s.link == linkCalls || s.qos.NeedsAck() {
		return 1
	}
	return 64
}
