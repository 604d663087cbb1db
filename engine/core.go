package engine

import (
	"context"
	"unicode/utf8"

	"github.com/busrt-go/busrt/codec"
)

// author is what `.broker` answers to `info`, beside the version [BUSRT-C2].
const author = "the busrt-go authors"

// toCore gives a frame to the broker's own client. A call is answered by
// answerCall, after its ack; without a caller nobody gets an answer.
func (st *staging) toCore(caller *Session, m *delivery) {
	st.broker.core.traffic.sent(1, m.counted)
	st.totals.sent(1, m.counted)
	st.called = caller != nil && m.kind == codec.KindMessage
}

// answerCall stages the answer to what the caller has just sent to `.broker`, if
// it is a call that wants one [BUSRT-R2].
func (st *staging) answerCall(caller *Session, m *delivery) {
	st.called = false
	call, ok := codec.ParseRPC(m.frame.Payload)
	if !ok || call.Kind != codec.RPCRequest || call.ID == 0 || caller.leaving {
		return
	}
	switch string(call.Method) {
	case "client.list":
		st.settleCounts(caller)
		st.listClients(caller, call, m.realtime)
		return
	case "stats":
		st.settleCounts(caller)
	case methodLost:
		st.scratch = caller.answerLost(st.scratch[:0], call)
		st.reply(&caller.peer, st.scratch, m.realtime)
		return
	default:
		if found := st.broker.methods.find(call.Method); found != nil {
			st.serve(caller, found, call, m.realtime)
			return
		}
	}
	st.scratch = st.broker.answer(st.scratch[:0], call)
	st.reply(&caller.peer, st.scratch, m.realtime)
}

// settleCounts has all counted that came before a call which tells counts, its
// own ack included, and that precede the answer [BUSRT-O7].
func (st *staging) settleCounts(caller *Session) {
	caller.count()
	st.flush(&caller.peer)
	st.enter(&caller.peer)
}

// reply stages an answer. It counts as a frame of the caller's connection and
// never waits [BUSRT-O17]; that connection may have to.
func (st *staging) reply(caller *peer, payload []byte, realtime bool) {
	b := st.broker
	b.core.traffic.received(1, uint64(len(payload)))
	st.totals.received(1, uint64(len(payload)))
	m := delivery{
		kind: codec.KindMessage, realtime: realtime, sender: coreName, frame: &codec.Frame{Payload: payload}, counted: uint64(len(payload)),
	}
	if st.frame(caller, &m) == full {
		b.refused(caller, 1)
	}
}

// answer appends the answer to a call [BUSRT-C1] [BUSRT-C2] [BUSRT-C3]
// [BUSRT-C5] [BUSRT-C6], and client.departed.
func (b *Broker) answer(dst []byte, call codec.RPC) []byte {
	switch string(call.Method) {
	case "benchmark.test":
		return codec.AppendRPCReply(dst, call.ID, call.Data)
	case "test", "info", "stats", methodDeparted:
		if len(call.Data) > 0 {
			return codec.AppendRPCError(dst, call.ID, codec.RPCInvalidParams, nil)
		}
	default:
		if !utf8.Valid(call.Method) {
			return codec.AppendRPCError(dst, call.ID, codec.Data.RPCCode(), nil)
		}
		return codec.AppendRPCError(dst, call.ID, codec.RPCMethodNotFound, nil)
	}
	dst = codec.AppendRPCReply(dst, call.ID, nil)
	switch string(call.Method) {
	case "test":
		dst, _ = (&codec.TestResult{OK: true}).MarshalMsg(dst)
	case "info":
		dst, _ = (&codec.BrokerInfo{Author: author, Version: b.options.Version}).MarshalMsg(dst)
	case methodDeparted:
		dst, _ = b.departedList().MarshalMsg(dst)
	default:
		dst, _ = b.stats().MarshalMsg(dst)
	}
	return dst
}

// Core is the broker's own client `.broker` as a sender: what FIFOs speak
// through. Its calls may be made by any goroutine but an event loop: they wait
// for receivers that are behind, as long as a connection would be paused
// [BUSRT-O17], or until their context ends. A payload is the caller's again
// when a call returns. Get one from [Broker.Core].
type Core struct{ broker *Broker }

// Core gives the broker's own client.
func (b *Broker) Core() *Core { return &Core{b} }

// Message sends to the client of that name [BUSRT-O1].
func (c *Core) Message(ctx context.Context, target string, payload []byte, q codec.QoS) codec.Status {
	m := c.delivery(codec.KindMessage, q, payload)
	return c.send(ctx, &m, func(st *staging) codec.Status { return st.message(nil, []byte(target), &m) })
}

// Broadcast sends to all clients whose names the mask matches [BUSRT-O2].
func (c *Core) Broadcast(ctx context.Context, mask string, payload []byte, q codec.QoS) codec.Status {
	m := c.delivery(codec.KindBroadcast, q, payload)
	return c.send(ctx, &m, func(st *staging) codec.Status { return st.broadcast([]byte(mask), &m) })
}

// Publish sends to all subscribers of the topic [BUSRT-O3]; a warning reaches
// those who get it by default as well [BUSRT-O9].
func (c *Core) Publish(ctx context.Context, topic string, payload []byte, q codec.QoS) codec.Status {
	m := c.delivery(codec.KindPublish, q, payload)
	m.frame.Target = []byte(topic)
	return c.send(ctx, &m, func(st *staging) codec.Status {
		if why := c.broker.options.checkTopic(m.frame.Target); why != reasonNone {
			c.broker.denied[why].Add(1)
			return why.status()
		}
		if topic != topicWarn {
			return st.publish(&m)
		}
		st.fanOut(c.broker.warned(c.broker.matchTopic(topic)), &m)
		return codec.OK
	})
}

// delivery of a frame of the broker. Its payload is
// all that counts [BUSRT-O16].
func (c *Core) delivery(k codec.Kind, q codec.QoS, payload []byte) delivery {
	return delivery{
		kind: k, realtime: q.Realtime(), sender: coreName, frame: &codec.Frame{Payload: payload}, counted: uint64(len(payload)),
	}
}

// send routes one frame and waits for whom it finds behind.
func (c *Core) send(ctx context.Context, m *delivery, route func(*staging) codec.Status) codec.Status {
	b := c.broker
	if len(m.frame.Payload) > b.options.MaxFrame {
		return codec.Data
	}
	st := b.borrow()
	b.core.traffic.received(1, m.counted)
	st.totals.received(1, m.counted)
	code := route(st)
	behind := append([]*peer(nil), st.held...)
	st.flush(nil)
	b.giveBack(st)
	if len(behind) > 0 {
		b.wait(ctx, behind)
	}
	return code
}
