package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/busrt-go/busrt/codec"
)

// modelClient is what the model knows of a client, and the real one: remote, on
// the far side of a wire, or local, in-process.
type modelClient struct {
	name                 string
	user                 uint32
	remote               *client
	local                *Client
	subscribed, excluded map[string]bool
	want                 []string // what it should receive next
}

func (c *modelClient) primary() string { return codec.PrimaryName(c.name) }
func (c *modelClient) secondary() bool { return c.name != c.primary() }

// dial registers the client over a wire.
func (c *modelClient) dial(t *rapid.T, b *bus, want codec.Status) {
	c.remote = b.askFor(rapid.IntRange(0, len(b.loops)-1).Draw(t, "loop"), c.name, local(c.user))
	c.remote.say(nil, string([]byte{byte(codec.OK), byte(want)}))
	if want != codec.OK {
		c.remote.expectEnd(false)
		return
	}
	c.remote.chunk = rapid.SampledFrom([]int{readBuffer, 1, 5, 20}).Draw(t, "chunk")
	c.remote.gulp = rapid.SampledFrom([]int{socketBuffer, 1, 11}).Draw(t, "gulp")
}

// register registers the client in-process. It waits for loops, which the test
// turns.
func (c *modelClient) register(b *bus, want codec.Status) {
	var err error
	done := make(chan struct{})
	go func() {
		c.local, err = b.broker.Register(b.Context(), c.name, ClientOptions{})
		close(done)
		b.woken.set()
	}()
	b.await("registration", func() bool { return over(done) })
	mustBe(b, err, want)
}

func over(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// mustBe fails unless err is what a call gives whose code is want.
func mustBe(b *bus, err error, want codec.Status) {
	b.Helper()
	if !errors.Is(err, want.Err()) || (err == nil) != (want == codec.OK) {
		b.Fatalf("got %v, want %v", err, want)
	}
}

// order is a frame that a client is to send; with an id it wants to know what
// becomes of it.
type order struct {
	op                        codec.Op
	id                        uint32
	target, receiver, payload string
	patterns                  []string
}

// drawOrder draws a frame.
func drawOrder(t *rapid.T, payload string) order {
	o := order{payload: payload}
	if rapid.IntRange(0, 9).Draw(t, "long") == 0 {
		o.payload = strings.Repeat(o.payload+" ", 2000)
	}
	o.op = rapid.SampledFrom([]codec.Op{
		codec.OpMessage, codec.OpBroadcast, codec.OpPublish, codec.OpPublishFor,
		codec.OpSubscribe, codec.OpUnsubscribe, codec.OpExclude, codec.OpUnexclude,
	}).Draw(t, "op")
	switch o.op {
	case codec.OpMessage:
		o.target = rapid.SampledFrom(modelNames).Draw(t, "target")
	case codec.OpBroadcast:
		o.target = rapid.SampledFrom(modelMasks).Draw(t, "mask")
	case codec.OpPublishFor:
		o.receiver = rapid.SampledFrom(modelNames).Draw(t, "receiver")
		fallthrough
	case codec.OpPublish:
		o.target = rapid.SampledFrom(modelTopics).Draw(t, "topic")
	default:
		o.patterns = rapid.SliceOfN(rapid.SampledFrom(modelPatterns), 1, 3).Draw(t, "patterns")
	}
	return o
}

// give has the client send a frame whose outcome is to be code.
func (c *modelClient) give(b *bus, o order, code codec.Status) {
	if c.local != nil {
		if o.id == 0 && o.patterns == nil {
			code = codec.OK // nobody asked
		}
		mustBe(b, o.call(b.Context(), c.local), code)
		return
	}
	if o.id != 0 {
		c.want = append(c.want, fmt.Sprintf("ack %d %s", o.id, code.String()))
	}
	switch {
	case o.patterns != nil:
		c.remote.send(list(o.id, o.op, o.patterns...))
	case o.op == codec.OpPublishFor:
		c.remote.send(publishFor(o.id, o.target, o.receiver, o.payload))
	default:
		c.remote.send(frame(o.op, o.id, o.target, o.payload))
	}
}

// call is the order as an in-process client gives it.
func (o order) call(ctx context.Context, c *Client) error {
	q, payload := qos(o.id), []byte(o.payload)
	switch o.op {
	case codec.OpMessage:
		return c.Send(ctx, o.target, payload, q)
	case codec.OpBroadcast:
		return c.Broadcast(ctx, o.target, payload, q)
	case codec.OpPublish:
		return c.Publish(ctx, o.target, payload, q)
	case codec.OpPublishFor:
		return c.PublishFor(ctx, o.target, o.receiver, payload, q)
	case codec.OpSubscribe:
		return c.Subscribe(ctx, o.patterns...)
	case codec.OpUnsubscribe:
		return c.Unsubscribe(ctx, o.patterns...)
	case codec.OpExclude:
		return c.Exclude(ctx, o.patterns...)
	default:
		return c.Unexclude(ctx, o.patterns...)
	}
}

// mustHaveReceived fails unless the client has received what it should.
func (c *modelClient) mustHaveReceived(b *bus) {
	want := c.want
	c.want = nil
	if c.remote != nil {
		c.remote.expect(want...)
		return
	}
	b.run()
	if got := c.texts(); !slices.Equal(got, want) {
		b.Errorf("%q received\n\t%s\nwant\n\t%s", c.name, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// texts are what an in-process client has received.
func (c *modelClient) texts() (all []string) {
	now, cancel := context.WithCancel(context.Background())
	cancel() // what is there, without waiting
	for {
		f, err := c.local.Recv(now)
		if err != nil {
			return all
		}
		all = append(all, text(&codec.Delivery{
			Kind: f.Kind, Realtime: f.Realtime, Sender: []byte(f.Sender), Topic: []byte(f.Topic), Payload: f.Payload,
		}))
	}
}

// leave ends the client, in one of the ways there are.
func (c *modelClient) leave(t *rapid.T, b *bus) {
	how := rapid.IntRange(0, 2).Draw(t, "how")
	if c.local != nil {
		c.close()
		b.run()
		return
	}
	switch how {
	case 0:
		c.remote.leave()
	case 1:
		c.remote.send([]byte("\x01\x00\x00\x00\x07\x00\x00\x00\x00"), message(0, c.name, "not accepted"))
		c.remote.expect(c.want...)
	default:
		c.remote.session.Abort()
		c.remote.loop.shard.Flush()
	}
	if b.run(); !c.remote.closed {
		b.Fatalf("%q did not end", c.name)
	}
}

// mustHaveEnded fails unless the broker has ended the client, after what it
// should have received.
func (c *modelClient) mustHaveEnded(b *bus) {
	c.mustHaveReceived(b)
	if c.remote != nil {
		c.remote.expectEnd(false)
		return
	}
	if _, ended := errors.AsType[*codec.DisconnectedError](c.local.Err()); !ended {
		b.Errorf("%q goes on: %v", c.name, c.local.Err())
	}
	c.close()
}

// close gives up an in-process client.
func (c *modelClient) close() {
	if c.local != nil {
		_ = c.local.Close()
	}
}
