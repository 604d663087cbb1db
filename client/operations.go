package client

import (
	"context"

	"github.com/busrt-go/busrt/codec"
)

// Send sends a message to the client of that name [BUSRT-O1]. With a QoS that
// wants an ack it waits for it; [codec.NotRegistered], [codec.NotDelivered] and
// [codec.AccessDenied] are its errors. Without, nil says that the frame is on
// its way. payload is the caller's again when Send returns.
func (c *Client) Send(ctx context.Context, target string, payload []byte, q codec.QoS) error {
	return c.to(ctx, codec.OpMessage, target, payload, q)
}

// Broadcast sends to all clients whose names match a mask [BUSRT-O2], else it
// is like Send.
func (c *Client) Broadcast(ctx context.Context, mask string, payload []byte, q codec.QoS) error {
	return c.to(ctx, codec.OpBroadcast, mask, payload, q)
}

// Publish sends to the subscribers of a topic [BUSRT-O3], else it is like Send.
func (c *Client) Publish(ctx context.Context, topic string, payload []byte, q codec.QoS) error {
	return c.to(ctx, codec.OpPublish, topic, payload, q)
}

// PublishFor sends to the subscribers of a topic among the clients of one
// primary name [BUSRT-O4], else it is like Send.
func (c *Client) PublishFor(ctx context.Context, topic, receiver string, payload []byte, q codec.QoS) error {
	return c.do(ctx, &outgoing{op: codec.OpPublishFor, qos: q, target: topic, receiver: receiver, payload: payload})
}

// SendAsync is Send that does not wait for the ack, but gives it to be waited
// for. Frames of one goroutine arrive in the order of its calls; unless they
// are realtime they are written together, at the latest when a Confirm is
// waited for.
func (c *Client) SendAsync(ctx context.Context, target string, payload []byte, q codec.QoS) (Confirm, error) {
	return c.post(ctx, &outgoing{op: codec.OpMessage, qos: q, target: target, payload: payload}, soon)
}

// BroadcastAsync is to Broadcast what SendAsync is to Send.
func (c *Client) BroadcastAsync(ctx context.Context, mask string, payload []byte, q codec.QoS) (Confirm, error) {
	return c.post(ctx, &outgoing{op: codec.OpBroadcast, qos: q, target: mask, payload: payload}, soon)
}

// PublishAsync is to Publish what SendAsync is to Send.
func (c *Client) PublishAsync(ctx context.Context, topic string, payload []byte, q codec.QoS) (Confirm, error) {
	return c.post(ctx, &outgoing{op: codec.OpPublish, qos: q, target: topic, payload: payload}, soon)
}

// PublishForAsync is to PublishFor what SendAsync is to Send.
func (c *Client) PublishForAsync(ctx context.Context, topic, receiver string, payload []byte, q codec.QoS) (Confirm, error) {
	return c.post(ctx, &outgoing{op: codec.OpPublishFor, qos: q, target: topic, receiver: receiver, payload: payload}, soon)
}

// Post sends a message at once and does not wait for the ack that q asks for;
// what it says is ignored. It is for replies to calls, whose senders can do
// nothing about it [BUSRT-R6].
func (c *Client) Post(ctx context.Context, target string, payload []byte, q codec.QoS) error {
	f := &outgoing{op: codec.OpMessage, qos: q, target: target, payload: payload}
	if err := c.check(ctx, f); err != nil {
		return err
	}
	return c.link.Load().out.add(ctx, f, now)
}

// Subscribe subscribes to topics, all in one frame, and waits for the ack; no
// topics at all are the same as one empty topic [BUSRT-F3]. If some are denied
// the error is [codec.AccessDenied], and the others are subscribed [BUSRT-O5].
func (c *Client) Subscribe(ctx context.Context, topics ...string) error {
	return c.topics(ctx, codec.OpSubscribe, topics)
}

// Unsubscribe ends subscriptions, each by its exact text [BUSRT-O6].
func (c *Client) Unsubscribe(ctx context.Context, topics ...string) error {
	return c.topics(ctx, codec.OpUnsubscribe, topics)
}

// Exclude keeps publishes of topics away, whatever is subscribed [BUSRT-O10].
func (c *Client) Exclude(ctx context.Context, topics ...string) error {
	return c.topics(ctx, codec.OpExclude, topics)
}

// Unexclude ends exclusions, each by its exact text.
func (c *Client) Unexclude(ctx context.Context, topics ...string) error {
	return c.topics(ctx, codec.OpUnexclude, topics)
}

func (c *Client) topics(ctx context.Context, op codec.Op, topics []string) error {
	f := &outgoing{op: op, qos: codec.QoSProcessed, topics: topics}
	if c.keeper != nil {
		return c.keeper.topics(ctx, f)
	}
	return c.do(ctx, f)
}

// Ping sends a ping at once. Nothing answers it [BUSRT-F1]; clients ping by
// themselves, see [Options].
func (c *Client) Ping(ctx context.Context) error {
	return c.do(ctx, &outgoing{op: codec.OpNop, qos: codec.QoSRealtime})
}

// push is do for what streams: a frame with one target, and no ack. It spares
// looking for what else a frame may be.
func (c *Client) push(ctx context.Context, op codec.Op, target string, payload []byte, q codec.QoS) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	body := len(target) + 1 + len(payload)
	if body > c.options.MaxFrame {
		return codec.TooLong
	}
	if err := codec.CheckText(target); err != nil {
		return err
	}
	when := soon
	if q.Realtime() {
		when = now
	}
	out := &c.link.Load().out
	if err := out.lock(ctx, codec.FrameHeaderLen+body); err != nil {
		return err
	}
	out.buf = codec.AppendFrame(out.buf, 0, op, q, target, payload)
	return out.unlock(when)
}

// to is do for frames with one target.
func (c *Client) to(ctx context.Context, op codec.Op, target string, payload []byte, q codec.QoS) error {
	if q.NeedsAck() {
		return c.do(ctx, &outgoing{op: op, qos: q, target: target, payload: payload})
	}
	return c.push(ctx, op, target, payload, q)
}

// do sends a frame and waits for its ack, if it gets one.
func (c *Client) do(ctx context.Context, f *outgoing) error {
	confirm, err := c.post(ctx, f, later)
	if err != nil {
		return err
	}
	return confirm.Wait(ctx)
}

// post gets a frame written: at once if it is realtime; if it wants an ack, as
// when says; else soon.
func (c *Client) post(ctx context.Context, f *outgoing, when urgency) (Confirm, error) {
	if err := c.check(ctx, f); err != nil {
		return Confirm{}, err
	}
	switch {
	case f.qos.Realtime():
		when = now
	case !f.qos.NeedsAck():
		when = soon
	}
	l := c.link.Load()
	if !f.qos.NeedsAck() {
		return Confirm{}, l.out.add(ctx, f, when)
	}
	return l.post(ctx, f, when)
}

// post gets a frame written that wants an ack.
func (l *link) post(ctx context.Context, f *outgoing, when urgency) (Confirm, error) {
	w, err := l.confirms.expect()
	if err != nil {
		return Confirm{}, err
	}
	f.id = w.id
	if err := l.out.add(ctx, f, when); err != nil {
		l.confirms.forget(w)
		return Confirm{}, err
	}
	return codec.Expect(w, w.id), nil
}

// check tells why a frame cannot be sent now.
func (c *Client) check(ctx context.Context, f *outgoing) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return f.check(c.options.MaxFrame)
}
