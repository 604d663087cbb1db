package bench

import (
	"bytes"
	"context"
	"fmt"

	"github.com/busrt-go/busrt/codec"
)

// inProcess is what in-process clients are compared by.
var inProcess = [...]Stage{
	{Name: "one-to-one.batch", link: linkPair, to: toPeer, least: numberSize, run: (*worker).gatherBatches},
	{Name: "one-to-one.iterator", link: linkPair, to: toPeer, least: numberSize, run: (*worker).gatherFrames},
	{Name: "four-to-one.batch", link: linkFour, to: toPeer, least: numberSize, run: (*worker).gatherBatches},
	{Name: "ping-pong", link: linkPair, to: toPeer, qos: codec.QoSRealtime, least: numberSize, run: (*worker).pingPong},
	{Name: "rpc-call", link: linkCallee, to: toPeer, method: selfTest, run: (*worker).call},
}

// InProcess gives the stages that compare in-process clients with the
// reference's; bench/reference has their counterparts. They run over sockets as
// well. Frames are numbered, so payloads are at least 8 bytes long; senders stay
// within what the broker lets them, whatever [Options.Window] is.
func InProcess() []Stage { return append([]Stage(nil), inProcess[:]...) }

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
	return w.client.Send(ctx, w.target, w.run.bench.last, w.run.stage.qos)
}

// pong sends back what it receives, until the frame that ends the stage.
func (w *worker) pong(ctx context.Context) error {
	for {
		payload, err := message(ctx, w.peer)
		if err != nil || len(payload) == len(w.run.bench.last) {
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
