package engine

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/busrt-go/busrt/codec"
)

// ready tells why the client cannot send a body of n bytes.
func (c *Client) ready(ctx context.Context, n int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.out.level.Load()&shutBit != 0 {
		<-c.done
		return c.err
	}
	if n > c.broker.options.MaxFrame {
		return codec.TooLong
	}
	return nil
}

// told is the outcome of an operation, code 0 being that nobody asked for it.
func told(code codec.Status, err error) error {
	if err != nil || code == 0 {
		return err
	}
	return code.Err()
}

// confirmed is told later.
func confirmed(code codec.Status, err error) (codec.Confirm, error) {
	return codec.Confirmed(code), err
}

// asked is the code for who asked for one.
func asked(code codec.Status, q codec.QoS) codec.Status {
	if q.NeedsAck() {
		return code
	}
	return 0
}

// message sends to one client. Another in-process client gets it at once,
// without a staging.
func (c *Client) message(ctx context.Context, target string, payload []byte, q codec.QoS) (codec.Status, error) {
	if err := c.ready(ctx, len(target)+1+len(payload)); err != nil {
		return 0, err
	}
	if p := c.last.Load(); p != nil && p.name == target && p.out.level.Load()&shutBit == 0 {
		return asked(c.direct(ctx, p, payload, q.Realtime()), q), nil
	}
	p, ok := c.broker.names.Load(target)
	switch {
	case !ok:
		if err := codec.CheckText(target); err != nil {
			return 0, err
		}
		c.traffic.received(1, uint64(len(payload)))
		return asked(codec.NotRegistered, q), nil
	case p.local != nil:
		c.last.Store(p)
		return asked(c.direct(ctx, p, payload, q.Realtime()), q), nil
	case p.isCore():
		c.traffic.received(1, uint64(len(payload)))
		c.callCore(payload, q.Realtime())
		return asked(codec.OK, q), nil
	}
	return c.route(ctx, codec.OpMessage, target, "", payload, q)
}

// direct queues a message for another in-process client.
func (c *Client) direct(ctx context.Context, p *peer, payload []byte, realtime bool) codec.Status {
	sent := uint64(len(payload))
	c.traffic.received(1, sent)
	if tap := p.local.tap.Load(); tap != nil && c.shown(*tap, payload, realtime) {
		p.traffic.sent(1, sent)
		return codec.OK
	}
	n := codec.DeliveryLen(codec.KindMessage, c.name, nil, payload)
	a := p.admit(cost(1, n))
	switch a {
	case full:
		c.broker.refused(p, 1)
		c.broker.flush()
		return codec.NotDelivered
	case gone:
		return codec.NotRegistered
	case roomy, high:
	}
	p.traffic.sent(1, sent)
	if p.out.ring.Append(&c.broker.segments, n, cost(1, n), func(b []byte) []byte {
		return codec.AppendDelivery(b, codec.KindMessage, realtime, c.name, nil, payload)
	}) {
		p.local.inbox.bell.ring()
	}
	if a == high {
		c.holdBack(ctx, []*peer{p}, n)
	}
	return codec.OK
}

// frames that were shown to a tap. What a function gets that may be any is
// allocated.
var frames = sync.Pool{New: func() any { return new(Frame) }}

// shown shows a message to a tap, and tells whether that takes it.
func (c *Client) shown(tap func(*Frame) bool, payload []byte, realtime bool) bool {
	f, _ := frames.Get().(*Frame)
	f.Kind, f.Realtime, f.Sender, f.Payload = codec.KindMessage, realtime, c.name, payload
	taken := tap(f)
	*f = Frame{}
	frames.Put(f)
	return taken
}

// route sends in the way of op, by a staging of the pool.
func (c *Client) route(ctx context.Context, op codec.Op, target, receiver string, payload []byte, q codec.QoS) (codec.Status, error) {
	n := len(target) + 1 + len(payload)
	if op == codec.OpPublishFor {
		n += len(receiver) + 1
	}
	if err := c.ready(ctx, n); err != nil {
		return 0, err
	}
	if err := codec.CheckText(target); err != nil {
		return 0, err
	}
	if err := codec.CheckText(receiver); err != nil {
		return 0, err
	}
	code, behind := c.stage(op, target, receiver, payload, q)
	if len(behind) > 0 {
		c.holdBack(ctx, behind, n)
	}
	return asked(code, q), nil
}

// stage routes one frame and hands it over. behind: who wants the sender held
// back.
func (c *Client) stage(op codec.Op, target, receiver string, payload []byte, q codec.QoS) (code codec.Status, behind []*peer) {
	f := codec.Frame{Target: bytesOf(target), Payload: payload}
	m := delivery{realtime: q.Realtime(), sender: c.name, frame: &f, counted: uint64(len(payload))}
	st := c.broker.borrow()
	st.enter(&c.peer)
	switch op {
	case codec.OpMessage:
		m.kind = codec.KindMessage
		code = st.message(nil, f.Target, &m)
	case codec.OpBroadcast:
		m.kind = codec.KindBroadcast
		code = st.broadcast(f.Target, &m)
	default:
		m.kind = codec.KindPublish
		if why := c.broker.publishable(f.Target); why != reasonNone {
			c.broker.denied[why].Add(1)
			code = why.status()
		} else if op == codec.OpPublish {
			code = st.publish(&m)
		} else {
			code = st.publishFor(bytesOf(receiver), &m)
		}
	}
	if code != codec.AccessDenied && code != codec.Data { // [BUSRT-O16]
		c.traffic.received(1, m.counted)
	}
	st.closeGroup() // whoever it finds behind is known then
	behind = append(behind, st.held...)
	st.flush(&c.peer)
	c.broker.giveBack(st)
	return code, behind
}

// change alters the client's interests; [codec.Data] tells that it may not have
// some of them.
func (c *Client) change(ctx context.Context, op codec.Op, topics []string) error {
	if err := c.ready(ctx, 0); err != nil {
		return err
	}
	if len(topics) == 0 {
		topics = []string{""}
	}
	for _, t := range topics {
		if err := codec.CheckText(t); err != nil {
			return err
		}
	}
	c.mine.Lock()
	defer c.mine.Unlock()
	if c.mine.over {
		return c.Err()
	}
	var err error
	for _, t := range topics {
		if why := c.mine.change(&c.peer, op, bytesOf(t)); why != reasonNone {
			c.broker.denied[why].Add(1)
			err = why.status()
		}
	}
	c.mine.settle(&c.peer)
	c.traffic.received(1, 0)
	return err
}

// sharedGrace is [grace] for a client with many goroutines.
type sharedGrace struct{ frames, bytes atomic.Int64 }

// spend takes a frame of n bytes off the grace; false if it was over before.
func (g *sharedGrace) spend(n int) bool {
	return g.frames.Load() > 0 && g.frames.Add(-1) >= 0 && g.bytes.Add(-int64(n)) >= 0
}

// holdBack has the caller wait for receivers that are behind [BUSRT-O17].
func (c *Client) holdBack(ctx context.Context, behind []*peer, n int) {
	if c.grace.spend(n) {
		return
	}
	if c.broker.wait(ctx, behind) {
		c.grace.frames.Store(graceFrames)
		c.grace.bytes.Store(graceBytes)
	} else {
		c.grace.frames.Store(0)
	}
}
