package bench

import (
	"cmp"
	"context"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// stream is a stage in which a worker receives what it sends. The receiver
// reads all the while: a broker must drop frames that nobody takes [BUSRT-O12].
type stream struct {
	*worker
	in     Client
	window int           // frames that the sender may be ahead; 0: any number
	room   chan struct{} // the receiver has taken something
	stamps chan stamp

	sent     int // the sender's
	received int // the receiver's
}

// stamp is when a frame was sent. Frames arrive in the order they were sent in
// [BUSRT-O7], so a number is enough to know one by.
type stamp struct {
	frame int
	at    time.Time
}

// maxStamps is how many timed frames may be under way; more are not timed.
const maxStamps = 1024

// stream sends frames, and counts them where they come out.
func (w *worker) stream(ctx context.Context) error {
	s := &stream{
		worker: w,
		in:     w.client,
		window: w.run.bench.options.Window,
		room:   make(chan struct{}, 1),
		stamps: make(chan stamp, maxStamps),
	}
	if w.peer != nil {
		s.in = w.peer
		s.window = cmp.Or(s.window, DefaultWindow)
	}

	err := s.together(ctx, s.receive, s.send)
	if s.sent == s.received || ctx.Err() != nil {
		return err
	}
	return &LossError{Stage: w.run.stage.Name, Sent: s.sent, Received: s.received, Cause: err}
}

// send sends frames until the stage is over, and then the last one, which the
// receiver knows by its length.
func (s *stream) send(ctx context.Context) error {
	r := s.run
	for ; s.sent < r.limit && !r.over.Load(); s.sent++ {
		if err := s.keepBack(ctx); err != nil {
			return err
		}
		if s.sent%r.every == 0 {
			select {
			case s.stamps <- stamp{s.sent, time.Now()}:
			default:
			}
		}
		if err := s.client.Send(ctx, s.target, s.payload, r.stage.qos); err != nil {
			return err
		}
	}
	return s.client.Send(ctx, s.target, r.bench.last, codec.QoSRealtimeProcessed)
}

// keepBack waits while the receiver is a whole window behind, and then until
// half of it is free, so as not to be woken for each frame.
func (s *stream) keepBack(ctx context.Context) error {
	if s.window == 0 || s.sent-int(s.done.Load()) < s.window {
		return nil
	}
	for s.sent-int(s.done.Load()) > s.window/2 {
		select {
		case <-s.room:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// receive counts frames until the last one has come.
func (s *stream) receive(ctx context.Context) error {
	var next stamp // the last one taken; its frame may be still to come
	next.frame = -1
	for last := false; !last; {
		frames, err := s.in.RecvBatch(ctx)
		if err != nil {
			return err
		}
		for i := range frames {
			switch f := &frames[i]; {
			case f.Kind != codec.KindMessage: // an announcement of the broker
			case len(f.Payload) == len(s.payload):
				if s.received%s.run.every == 0 {
					next = s.timed(next)
				}
				s.received++
			case len(f.Payload) == len(s.run.bench.last):
				last = true
			}
		}
		s.done.Store(int64(s.received))
		select {
		case s.room <- struct{}{}:
		default:
		}
	}
	return nil
}

// timed records the latency of the frame that is there now, if it was stamped.
// It gives the latest stamp that was taken.
func (s *stream) timed(next stamp) stamp {
	for next.frame < s.received {
		select {
		case next = <-s.stamps:
		default:
			return next
		}
	}
	if next.frame == s.received {
		s.record(time.Since(next.at))
	}
	return next
}
