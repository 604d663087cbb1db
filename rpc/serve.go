package rpc

import (
	"context"
	"errors"
	"sync"

	"github.com/busrt-go/busrt/codec"
)

// loop receives until the bus ends and everything that it gave was handled.
func (c *Conn) loop() {
	var watch sync.WaitGroup
	watch.Go(c.watch)
	for {
		frames, err := c.bus.RecvBatch(context.Background())
		if err != nil {
			c.err = err
			break
		}
		for i := range frames {
			c.sort(&frames[i])
		}
	}
	watch.Wait()
	c.serve.wait()
	c.events.wait()
	c.frames.wait()
	close(c.done)
}

// watch has everybody know at once that the bus has ended, however much the
// loop still has to do.
func (c *Conn) watch() {
	<-c.bus.Done()
	c.cancel()
	c.calls.end(c.bus.Err())
}

// sort hands a frame to whom it concerns. It waits while too many wait there.
func (c *Conn) sort(f *codec.Received) {
	if f.Kind != codec.KindMessage {
		if !c.announced(f) {
			c.frames.put(job{frame: f.Clone()})
		}
		return
	}
	r, ok := codec.ParseRPC(f.Payload)
	if !ok || c.calls.complete(f.Sender, &r) {
		return // dropped [BUSRT-R6], or a reply
	}
	if r.Kind == codec.RPCRequest {
		c.serve.put(jobOf(f))
	} else {
		c.events.put(jobOf(f))
	}
}

// jobOf makes a job of a message.
func jobOf(f *codec.Received) job {
	j := job{frame: f.Clone()}
	j.rpc, _ = codec.ParseRPC(j.frame.Payload)
	return j
}

// cut is told by a bus that goes on without the replies that were to come.
func (c *Conn) cut(cause error) {
	c.calls.fail(func(*call) error { return cause })
}

// tapped is the tap of a bus that has one: it takes replies, and calls that can be
// handled at once. The bus's reader, or whoever sends.
func (c *Conn) tapped(f *codec.Received) bool {
	r, ok := codec.ParseRPC(f.Payload)
	if ok && r.Kind == codec.RPCRequest {
		return c.serve.offer(f)
	}
	return ok && c.calls.complete(f.Sender, &r)
}

// handle has the handler do a job.
func (c *Conn) handle(j job) {
	switch {
	case c.closed.Load():
	case j.frame.Kind != codec.KindMessage:
		f := j.frame // else all of j would be allocated, calls too
		c.handler.Frame(c.ctx, &f)
	case j.rpc.Kind == codec.RPCNotification:
		c.handler.Notification(c.ctx, &Notification{
			Sender: j.frame.Sender, Data: j.rpc.Data, Realtime: j.frame.Realtime,
		})
	default:
		c.answer(&Request{
			Sender: j.frame.Sender, Method: string(j.rpc.Method), Params: j.rpc.Data,
			ID: j.rpc.ID, Realtime: j.frame.Realtime,
		})
	}
}

// answer has a call handled and replies, if a reply is wanted. A reply that
// cannot be delivered concerns nobody: its caller has gone. One that cannot be
// sent at all would leave him waiting.
func (c *Conn) answer(r *Request) {
	if c.ctx.Err() != nil {
		return // nobody would get the reply
	}
	result, err := c.handler.Call(c.ctx, r)
	if r.ID == 0 {
		return
	}
	b := c.buffer()
	defer c.buffers.Put(b)
	if err != nil {
		e := answer(err)
		*b = codec.AppendRPCError(*b, r.ID, e.Code, []byte(e.Data))
	} else {
		*b = codec.AppendRPCReply(*b, r.ID, result)
	}
	if err := c.bus.Post(c.ctx, r.Sender, *b, processed(r.Realtime)); errors.Is(err, codec.TooLong) {
		*b = codec.AppendRPCError((*b)[:0], r.ID, codec.RPCInternal, []byte("the result is too long for a frame"))
		_ = c.bus.Post(c.ctx, r.Sender, *b, processed(r.Realtime))
	}
}
