package bench

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/busrt-go/busrt/codec"
)

// number is what a payload begins with, so that the receiver sees each frame
// that is missing, doubled or out of order [BUSRT-O7].
type number struct {
	sender int
	frame  uint64 // below 1 << senderShift
}

const (
	numberSize  = 8
	senderShift = 56
)

func (n number) put(payload []byte) {
	binary.LittleEndian.PutUint64(payload, uint64(n.sender)<<senderShift|n.frame)
}

func numberOf(payload []byte) number {
	n := binary.LittleEndian.Uint64(payload)
	return number{int(n >> senderShift), n & (1<<senderShift - 1)}
}

// OrderError says that a receiver got another frame than the one whose turn it
// was: one is missing, or there twice, or overtaken.
type OrderError struct {
	Stage     string
	Sender    int // from 0
	Got, Want uint64
}

func (e *OrderError) Error() string {
	return fmt.Sprintf("busrt: %s: frame %d of sender %d came when it was the turn of %d", e.Stage, e.Got, e.Sender, e.Want)
}

// gather is a stage in which one client receives what others send. Its loops do
// next to nothing beside sending and receiving: what is measured may cost as
// little as 20 ns.
type gather struct {
	*worker
	next     []uint64 // the frame whose turn it is, by sender
	ended    int      // senders whose last frame has come
	received int64
}

func (w *worker) gatherBatches(ctx context.Context) error { return w.gather(ctx, (*gather).batches) }
func (w *worker) gatherFrames(ctx context.Context) error  { return w.gather(ctx, (*gather).frames) }

func (w *worker) gather(ctx context.Context, receive func(*gather, context.Context) error) error {
	senders := append([]Client{w.client}, w.more...)
	g := &gather{worker: w, next: make([]uint64, len(senders))}
	tasks := []func(context.Context) error{func(ctx context.Context) error { return receive(g, ctx) }}
	for i, c := range senders {
		tasks = append(tasks, func(ctx context.Context) error { return g.send(ctx, i, c) })
	}
	defer func() { w.done.Store(g.received) }()
	// A client that has never received holds nobody up, but loses frames [BUSRT-O13].
	if err := w.client.Send(ctx, w.target, nil, codec.QoSRealtimeProcessed); err != nil {
		return err
	}
	if _, err := message(ctx, w.peer); err != nil {
		return err
	}
	return w.together(ctx, tasks...)
}

// send sends a sender's share, and then a longer frame that ends it; its number
// tells the receiver how many there were.
func (g *gather) send(ctx context.Context, sender int, c Client) error {
	r, target := g.run, g.target
	last := bytes.Clone(r.last)
	payload := last[:len(g.payload)]
	n, limit := number{sender: sender}, uint64(r.limit/len(g.next))
	for ; n.frame < limit && !r.over.Load(); n.frame++ {
		n.put(payload)
		if err := c.Send(ctx, target, payload, codec.QoSNo); err != nil {
			return err
		}
	}
	n.put(last)
	return c.Send(ctx, target, last, codec.QoSRealtimeProcessed)
}

// batches receives the fast way.
func (g *gather) batches(ctx context.Context) error {
	for g.ended < len(g.next) {
		frames, err := g.peer.RecvBatch(ctx)
		if err != nil {
			return err
		}
		for i := range frames {
			if err := g.take(&frames[i]); err != nil {
				return err
			}
		}
		g.done.Store(g.received)
	}
	return nil
}

// frames receives with the iterator.
func (g *gather) frames(ctx context.Context) error {
	for f, err := range g.peer.Frames(ctx) {
		if err == nil {
			err = g.take(&f)
		}
		if err != nil || g.ended == len(g.next) {
			return err
		}
		if g.received%64 == 0 {
			g.done.Store(g.received)
		}
	}
	return context.Cause(ctx)
}

// take counts a frame if it is the one whose turn it is.
func (g *gather) take(f *codec.Received) error {
	if f.Kind != codec.KindMessage {
		return nil // an announcement of the broker
	}
	if len(f.Payload) < numberSize {
		return fmt.Errorf("busrt: %s: a message of %d bytes from %s", g.run.stage.Name, len(f.Payload), f.Sender)
	}
	n := numberOf(f.Payload)
	if n.sender >= len(g.next) {
		return fmt.Errorf("busrt: %s: a message from %s, who is no sender", g.run.stage.Name, f.Sender)
	}
	if want := g.next[n.sender]; n.frame != want {
		return &OrderError{Stage: g.run.stage.Name, Sender: n.sender, Got: n.frame, Want: want}
	}
	if len(f.Payload) != len(g.payload) {
		g.ended++
		return nil
	}
	g.next[n.sender]++
	g.received++
	return nil
}
