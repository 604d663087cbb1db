package bench

import (
	"context"
	"errors"
	"math/bits"
	"sync/atomic"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// stream is a stage in which a worker's frames are received: by the worker
// itself, its peer, or the subscribers of its topic. The receivers read all the
// while: a broker must drop frames that nobody takes [BUSRT-O12].
type stream struct {
	*worker
	op       codec.Op
	sinks    []*sink
	stamps   stamps
	window   int // frames that the sender may be ahead; 0: any number
	sent     int // the sender's
	slowest  int // no sink has received less
	room     chan struct{}
	idle     atomic.Bool // the sender waits for the sinks
	finished chan struct{}
}

// sink is one receiver.
type sink struct {
	in       Streamer
	received atomic.Int64 // after each batch
}

// errStalled says that what was sent does not come.
var errStalled = errors.New("busrt: nothing is received any more")

// lossTime is how long a sender waits for receivers that get nothing.
const lossTime = 10 * time.Second

// stream sends frames, and counts them where they come out.
func (w *worker) stream(ctx context.Context) error {
	r := w.run
	s := &stream{
		worker: w, op: codec.OpMessage, window: max(r.bench.options.Window, 0),
		room: make(chan struct{}, 1), finished: make(chan struct{}),
	}
	if r.stage.to == toTopic {
		s.op = codec.OpPublish
	}
	if r.stage.to != toItself || r.pace != nil || r.bench.options.Window == AutoWindow {
		s.window = r.bench.options.window(r.meanSize())
	}
	s.stamps = newStamps(s.window/r.every, r.every)
	tasks := []func(context.Context) error{s.sendAll, s.watch}
	left := new(atomic.Int64) // sinks that have not ended
	for _, c := range w.in {
		one := &sink{in: c}
		s.sinks = append(s.sinks, one)
		left.Add(1)
		tasks = append(tasks, func(ctx context.Context) error {
			if err := s.receive(ctx, one); err != nil {
				return err
			}
			if left.Add(-1) == 0 {
				close(s.finished)
			}
			return nil
		})
	}
	return s.verdict(ctx, s.together(ctx, tasks...))
}

// verdict finds what was lost.
func (s *stream) verdict(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	for _, one := range s.sinks {
		if n := int(one.received.Load()); n != s.sent {
			return &LossError{Stage: s.run.stage.Name, Sent: s.sent, Received: n, Cause: err}
		}
	}
	return err
}

// sendAll sends frames until the stage is over, and then the last one, which the
// receivers know by its length.
func (s *stream) sendAll(ctx context.Context) error {
	r := s.run
	limit := max(r.limit/len(s.sinks), 1)
	mask := len(r.sizes) - 1
	for s.sent < limit && !r.over.Load() {
		at, timed := time.Duration(-1), s.sent&(r.every-1) == 0
		if r.pace != nil {
			var ok bool
			if at, ok = s.next(ctx); !ok {
				break
			}
		}
		if err := s.keepBack(ctx); err != nil {
			return err
		}
		if timed {
			if at < 0 {
				at = time.Since(r.start)
			}
			s.stamps.put(s.sent, at)
		}
		if err := s.out.Send(ctx, s.op, s.target, s.payload[:r.sizes[s.sent&mask]], r.stage.qos); err != nil {
			return err
		}
		s.sent++
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if err := s.out.Send(ctx, s.op, s.target, r.last, r.stage.qos); err != nil {
		return err
	}
	s.idle.Store(true) // for good
	return s.out.Flush(ctx)
}

// keepBack waits while the slowest receiver is a whole window behind, and then
// until half of it is free, so as not to be woken for each frame.
func (s *stream) keepBack(ctx context.Context) error {
	if s.window == 0 || s.sent-s.slowest < s.window || s.sent-s.least() < s.window {
		return nil
	}
	if err := s.out.Flush(ctx); err != nil {
		return err
	}
	s.idle.Store(true)
	defer s.idle.Store(false)
	for s.sent-s.least() > s.window/2 {
		select {
		case <-s.room:
		case <-s.run.ended: // then what is lost is looked for
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// least finds out what the slowest receiver has.
func (s *stream) least() int {
	least := s.sinks[0].received.Load()
	for _, one := range s.sinks[1:] {
		least = min(least, one.received.Load())
	}
	s.slowest = int(least)
	return s.slowest
}

// receive counts frames until the last one has come. The sender is told each
// quarter of a window: whatever it waits for, the last to get there tells.
func (s *stream) receive(ctx context.Context, one *sink) error {
	r := s.run
	n, quarter := 0, max(s.window/4, 1)
	mask := len(r.sizes) - 1
	for last := false; !last; {
		frames, err := one.in.RecvBatch(ctx)
		if err != nil {
			return err
		}
		before := n
		for i := range frames {
			switch f := &frames[i]; {
			case !s.isOurs(f):
			case len(f.Payload) == r.sizes[n&mask]:
				if n&(r.every-1) == 0 {
					if at, ok := s.stamps.take(n); ok {
						s.record(time.Since(r.start) - at)
					}
				}
				n++
			case len(f.Payload) == len(r.last):
				last = true
			}
		}
		one.received.Store(int64(n))
		s.done.Add(int64(n - before))
		if n/quarter != before/quarter {
			select {
			case s.room <- struct{}{}:
			default:
			}
		}
	}
	return nil
}

// isOurs is false for announcements of the broker.
func (s *stream) isOurs(f *codec.Received) bool {
	if s.run.stage.to == toTopic {
		return f.Topic == s.target
	}
	return f.Kind == codec.KindMessage
}

// watch ends the stage when the sender waits in vain.
func (s *stream) watch(ctx context.Context) error {
	tick := time.NewTicker(lossTime / 10)
	defer tick.Stop()
	had, since := int64(-1), 0
	for {
		select {
		case <-tick.C:
		case <-s.finished:
			return nil
		case <-ctx.Done():
			return nil
		}
		if n := s.done.Load(); n != had || !s.idle.Load() {
			had, since = n, 0
		} else if since++; since == 10 {
			return errStalled
		}
	}
}

// stamps are when frames under way were sent. Frames arrive in the order they
// were sent in [BUSRT-O7], so a number is enough to know one by; receivers only
// look.
type stamps struct {
	ring  []entry
	every int
}

type entry struct{ frame, at atomic.Int64 }

// leastStamps is for streams without a window, which may lose some; then a frame
// is not timed.
const leastStamps = 1024

func newStamps(timed, every int) stamps {
	s := stamps{ring: make([]entry, 1<<bits.Len(uint(max(timed+1, leastStamps-1)))), every: every}
	for i := range s.ring {
		s.ring[i].frame.Store(-1)
	}
	return s
}

func (s *stamps) of(frame int) *entry { return &s.ring[frame/s.every&(len(s.ring)-1)] }

func (s *stamps) put(frame int, at time.Duration) {
	e := s.of(frame)
	e.frame.Store(-1) // who reads meanwhile sees that it is not whole
	e.at.Store(int64(at))
	e.frame.Store(int64(frame))
}

func (s *stamps) take(frame int) (time.Duration, bool) {
	e := s.of(frame)
	if e.frame.Load() != int64(frame) {
		return 0, false
	}
	at := e.at.Load()
	return time.Duration(at), e.frame.Load() == int64(frame)
}

// mixedSizes are what programs send, mostly short and now and then long: half of
// them 100 bytes, a quarter 16, and so on; 3 KiB on average.
func mixedSizes() []int {
	by := [...]int{100, 16, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 64 << 10}
	sizes := make([]int, 64)
	for i := range sizes {
		sizes[i] = by[bits.TrailingZeros(uint(i+1))]
	}
	return sizes
}

// meanSize is that of the payloads.
func (r *run) meanSize() (n int) {
	for _, size := range r.sizes {
		n += size
	}
	return n / len(r.sizes)
}
