package engine

import (
	"context"

	"github.com/busrt-go/busrt/codec"
)

// Send sends a message to the client of that name [BUSRT-O1]. With a QoS that
// wants an ack the outcome is told: [codec.NotRegistered] and
// [codec.NotDelivered] are its errors. Without, nil says no more than that the
// client could send. payload is the caller's again when Send returns.
func (c *Client) Send(ctx context.Context, target string, payload []byte, q codec.QoS) error {
	return told(c.message(ctx, target, payload, q))
}

// Broadcast sends to all clients whose names match a mask [BUSRT-O2], else it is
// like Send.
func (c *Client) Broadcast(ctx context.Context, mask string, payload []byte, q codec.QoS) error {
	return told(c.route(ctx, codec.OpBroadcast, mask, "", payload, q))
}

// Publish sends to the subscribers of a topic [BUSRT-O3], else it is like Send;
// [codec.AccessDenied] is the error for the broker's own topics [BUSRT-A4],
// [codec.Data] for one that is too long or too deep.
func (c *Client) Publish(ctx context.Context, topic string, payload []byte, q codec.QoS) error {
	return told(c.route(ctx, codec.OpPublish, topic, "", payload, q))
}

// PublishFor sends to the subscribers of a topic among the clients of one primary
// name [BUSRT-O4], else it is like Publish.
func (c *Client) PublishFor(ctx context.Context, topic, receiver string, payload []byte, q codec.QoS) error {
	return told(c.route(ctx, codec.OpPublishFor, topic, receiver, payload, q))
}

// SendAsync is Send, and gives its outcome, which is known, as a client over a
// socket gives the ack to come.
func (c *Client) SendAsync(ctx context.Context, target string, payload []byte, q codec.QoS) (codec.Confirm, error) {
	return confirmed(c.message(ctx, target, payload, q))
}

// BroadcastAsync is to Broadcast what SendAsync is to Send.
func (c *Client) BroadcastAsync(ctx context.Context, mask string, payload []byte, q codec.QoS) (codec.Confirm, error) {
	return confirmed(c.route(ctx, codec.OpBroadcast, mask, "", payload, q))
}

// PublishAsync is to Publish what SendAsync is to Send.
func (c *Client) PublishAsync(ctx context.Context, topic string, payload []byte, q codec.QoS) (codec.Confirm, error) {
	return confirmed(c.route(ctx, codec.OpPublish, topic, "", payload, q))
}

// PublishForAsync is to PublishFor what SendAsync is to Send.
func (c *Client) PublishForAsync(ctx context.Context, topic, receiver string, payload []byte, q codec.QoS) (codec.Confirm, error) {
	return confirmed(c.route(ctx, codec.OpPublishFor, topic, receiver, payload, q))
}

// Post is Send whose outcome nobody asks for, as for replies to calls
// [BUSRT-R6].
func (c *Client) Post(ctx context.Context, target string, payload []byte, q codec.QoS) error {
	_, err := c.message(ctx, target, payload, q)
	return err
}

// Subscribe subscribes to topics; no topics at all are the same as one empty
// topic [BUSRT-F3]. [codec.Data] tells that some are too long or too deep, or too
// many by the limits of [Options]; the others are subscribed to.
func (c *Client) Subscribe(ctx context.Context, topics ...string) error {
	return c.change(ctx, codec.OpSubscribe, topics)
}

// Unsubscribe ends subscriptions, each by its exact text [BUSRT-O6].
func (c *Client) Unsubscribe(ctx context.Context, topics ...string) error {
	return c.change(ctx, codec.OpUnsubscribe, topics)
}

// Exclude keeps publishes of topics away, whatever is subscribed [BUSRT-O10].
// [codec.Data] is as for Subscribe.
func (c *Client) Exclude(ctx context.Context, topics ...string) error {
	return c.change(ctx, codec.OpExclude, topics)
}

// Unexclude ends exclusions, each by its exact text.
func (c *Client) Unexclude(ctx context.Context, topics ...string) error {
	return c.change(ctx, codec.OpUnexclude, topics)
}

// Ping tells whether the client is still there; it needs no pings.
func (c *Client) Ping(ctx context.Context) error { return c.ready(ctx, 0) }
