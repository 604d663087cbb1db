package bench

import (
	"slices"

	"github.com/busrt-go/busrt/codec"
)

const acked = codec.QoSRealtimeProcessed

// stages are those of the reference's benchmark, in its order, and then ours.
var stages = [...]Stage{
	{
		Name: "rpc.call", About: "calls of a method of the broker",
		link: linkCalls, to: toBroker, method: "benchmark.test", takes: takesSize | takesNames, run: (*worker).call,
	},
	{
		Name: "rpc.call+handle", About: "calls of a method of the caller itself",
		link: linkCalls, to: toItself, method: selfTest, takes: takesSize | takesNames, run: (*worker).call,
	},
	{
		Name: "rpc.call0", About: "calls that want no reply, acked, to nobody",
		link: linkCalls, to: toNobody, method: "test", takes: takesSize | takesNames, run: (*worker).call0,
	},
	{
		Name: "send.qos.no", About: "messages to nobody, not acked",
		link: linkOne, to: toNobody, takes: takesSize | takesNames, every: sparsely, lean: true, run: (*worker).send,
	},
	{
		Name: "send.qos.processed", About: "messages to nobody, acked",
		link: linkOne, to: toNobody, qos: acked, takes: takesSize | takesNames, run: (*worker).send,
	},
	{
		Name: "send+recv.qos.no", About: "messages to oneself, not acked",
		link: linkOne, to: toItself, takes: takesSize | takesNames, every: sparsely, lean: true, run: (*worker).stream,
	},
	{
		Name: "send+recv.qos.processed", About: "messages to oneself, acked",
		link: linkOne, to: toItself, qos: acked, takes: takesSize | takesNames, run: (*worker).stream,
	},
	{
		Name: "pair", About: "messages from one connection to another, not acked",
		link: linkPeer, to: toPeer, takes: takesSize | takesNames, every: sparsely, lean: true, run: (*worker).stream,
	},
	{
		Name: "mixed", About: "as pair, payloads of 16 bytes to 64 KiB",
		link: linkPeer, to: toPeer, takes: takesNames, every: sparsely, lean: true, mixed: true, run: (*worker).stream,
	},
	{
		Name: "publish", About: "publishes from one connection to some, counted at each",
		link: linkFan, to: toTopic, takes: takesSize | takesNames | takesReceivers | takesSubscriptions, every: sparsely, lean: true,
		run: (*worker).stream,
	},
	{
		Name: "subscribe", About: "one topic subscribed to and unsubscribed, both acked",
		link: linkClient, to: toTopic, takes: takesNames | takesSubscriptions, run: (*worker).subscribe,
	},
	{
		Name: "connect", About: "connecting, registering and closing",
		link: linkBare, takes: takesNames, run: (*worker).connectAndClose,
	},
	{
		Name: "connect.keep", About: "connecting and registering until so many are open; then memory of each",
		link: linkBare, takes: takesNames | takesConnections, keeps: true, closed: true, run: (*worker).keep,
	},
}

// inProcess is what in-process clients are compared by.
var inProcess = [...]Stage{
	{
		Name: "one-to-one.batch", About: "numbered messages, received in batches",
		link: linkPair, to: toPeer, least: numberSize, takes: takesSize, every: sparsely, closed: true,
		run: (*worker).gatherBatches,
	},
	{
		Name: "one-to-one.iterator", About: "numbered messages, received one by one",
		link: linkPair, to: toPeer, least: numberSize, takes: takesSize, every: sparsely, closed: true,
		run: (*worker).gatherFrames,
	},
	{
		Name: "four-to-one.batch", About: "numbered messages of four senders, received in batches",
		link: linkFour, to: toPeer, least: numberSize, takes: takesSize, every: sparsely, closed: true,
		run: (*worker).gatherBatches,
	},
	{
		Name: "ping-pong", About: "a message, sent back by its receiver",
		link: linkPair, to: toPeer, qos: codec.QoSRealtime, least: numberSize, takes: takesSize, every: sparsely, closed: true,
		run: (*worker).pingPong,
	},
	{
		Name: "rpc-call", About: "calls of a method of another client",
		link: linkCallee, to: toPeer, method: selfTest, takes: takesSize, every: sparsely, closed: true,
		run: (*worker).call,
	},
}

// Stages gives all stages but those of [InProcess]: the seven of the reference,
// then ours.
func Stages() []Stage { return slices.Clone(stages[:]) }

// Reference gives the seven stages of the reference's benchmark.
func Reference() []Stage { return slices.Clone(stages[:7]) }

// InProcess gives the stages that compare in-process clients with the
// reference's; bench/reference has their counterparts. They run over sockets as
// well, but always in a closed loop. Frames are numbered, so payloads are at
// least 8 bytes long; senders stay within what the broker lets them, whatever
// [Options.Window] is.
func InProcess() []Stage { return slices.Clone(inProcess[:]) }

// StageNamed finds a stage, also one of [InProcess].
func StageNamed(name string) (Stage, bool) {
	for _, s := range slices.Concat(stages[:], inProcess[:]) {
		if s.Name == name {
			return s, true
		}
	}
	return Stage{}, false
}
