package bench

import (
	"bytes"
	"context"
	"fmt"

	"github.com/busrt-go/busrt/codec"
)

// pingPong sends a message and waits until the peer has sent it back.
func (w *worker) pingPong(ctx context.Context) error {
	return w.together(ctx, w.pong, w.ping)
}

func (w *worker) ping(ctx context.Context) error {
	payload := bytes.Clone(w.payload)
	n := uint64(0)
	err := w.repeat(ctx, func(ctx context.Context) error {
		number{frame: n}.put(payload)
		n++
		if err := w.client.Send(ctx, w.target, payload, w.run.stage.qos); err != nil {
			return err
		}
		back, err := message(ctx, w.client)
		if err == nil && !bytes.Equal(back, payload) {
			err = fmt.Errorf("busrt: %s: message %d is not the one that was sent", w.run.stage.Name, n)
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.client.Send(ctx, w.target, w.run.last, w.run.stage.qos)
}

// pong sends back what it receives, until the frame that ends the stage.
func (w *worker) pong(ctx context.Context) error {
	for {
		payload, err := message(ctx, w.peer)
		if err != nil || len(payload) == len(w.run.last) {
			return err
		}
		if err := w.peer.Send(ctx, w.name, payload, w.run.stage.qos); err != nil {
			return err
		}
	}
}

// message waits for a message where no more than one is under way. It dies with
// the next call.
func message(ctx context.Context, c Client) ([]byte, error) {
	for {
		frames, err := c.RecvBatch(ctx)
		if err != nil {
			return nil, err
		}
		for i := range frames {
			if frames[i].Kind == codec.KindMessage { // else an announcement of the broker
				return frames[i].Payload, nil
			}
		}
	}
}
