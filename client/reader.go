package client

import (
	"errors"
	"io"
	"net"
	"sync/atomic"

	"github.com/busrt-go/busrt/codec"
)

// readBuffer is how many bytes a read may give, and the largest frame that
// needs no buffer of its own.
const readBuffer = 64 << 10

// reader takes the stream from the broker apart, in place: frames for the
// application go to the queue in runs, acks to whoever waits for them, in the
// order of the stream [BUSRT-O7].
type reader struct {
	conn     net.Conn
	queue    *inbound
	confirms *confirms
	maxBody  int
	stop     <-chan struct{} // no waiting for room any more
	tap      *atomic.Pointer[func(*Frame) bool]
	reads    atomic.Uint64 // how often bytes came; any goroutine may look

	small    []byte // of readBuffer bytes
	large    []byte // for frames that need it, or nil
	buf      []byte // one of both
	from, to int    // what was read and not yet dealt with
	run      int    // where the frames that are to be queued begin; they end at from
	frames   int    // their number
	delivery codec.Delivery
	last     Frame // of delivery, unless that was an ack or a NOP; a view of buf
	shown    Frame // to the tap, so that it does not allocate
}

func (r *reader) init(l *link, tap *atomic.Pointer[func(*Frame) bool]) {
	r.conn, r.queue, r.confirms, r.tap = l.conn, l.queue, &l.confirms, tap
	r.maxBody, r.stop = l.options.MaxFrame+maxNameBytes+1, l.stop // a sender takes the place of the target
	r.small = make([]byte, readBuffer)
	r.buf = r.small
}

// loop reads until there is an error, which it gives: io.EOF,
// io.ErrUnexpectedEOF, a codec.FrameError or one of the socket.
func (r *reader) loop() error {
	for {
		n, err := r.conn.Read(r.buf[r.to:])
		if n > 0 {
			r.to += n
			r.reads.Add(1)
			need, fault := r.deal()
			if fault != nil {
				return fault
			}
			r.makeRoom(need)
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF) && r.from < r.to:
			return io.ErrUnexpectedEOF
		default:
			return err
		}
	}
}

// deal deals with the whole frames that were read. need is the length of the
// one that is not whole, as far as it is known.
func (r *reader) deal() (need int, err error) {
	d := &r.delivery
	r.run, r.last = r.from, Frame{}
	for {
		n, need, err := r.next()
		if n == 0 {
			if fault := r.pass(); err == nil { // what came before an error counts
				err = fault
			}
			return need, err
		}
		switch {
		case d.Kind == codec.KindAck:
			if err = r.pass(); err == nil { // first what came before it
				r.confirms.complete(d.ID, d.Code)
			}
		case d.Kind == codec.KindNop, d.Kind == codec.KindMessage && r.tapped():
			err = r.pass()
		default:
			r.frames++
		}
		if err != nil {
			return 0, err
		}
		r.from += n
		if r.frames == 0 {
			r.run = r.from
		}
	}
}

// next decodes the next frame: n, need and err are those of [codec.NextDelivery].
func (r *reader) next() (n, need int, err error) {
	b := r.buf[r.from:r.to]
	if n, payload := r.last.Again(b, r.maxBody); n > 0 {
		r.last.Payload, r.delivery.Kind = payload, r.last.Kind
		return n, n, nil
	}
	n, need, err = codec.NextDelivery(b, r.maxBody, &r.delivery)
	if k := r.delivery.Kind; n > 0 && k != codec.KindAck && k != codec.KindNop {
		r.delivery.ReceivedInto(&r.last)
	}
	return n, need, err
}

// pass queues the run of frames.
func (r *reader) pass() error {
	if r.frames > 0 && !r.queue.push(r.buf[r.run:r.from], r.frames, r.stop) {
		return net.ErrClosed
	}
	r.frames = 0
	return nil
}

// tapped shows the message to the tap, if there is one, and tells whether it
// took it.
func (r *reader) tapped() bool {
	tap := r.tap.Load()
	if tap == nil {
		return false
	}
	r.shown = r.last
	return (*tap)(&r.shown)
}

// makeRoom sees to it that there is room for more of a frame of need bytes.
// The buffer doubles as bytes arrive, so the announced length sizes nothing.
func (r *reader) makeRoom(need int) {
	rest := r.buf[r.from:r.to]
	switch {
	case need <= readBuffer:
		r.buf = r.small
		if len(r.large) > keep {
			r.large = nil
		}
	case len(rest) == len(r.buf) && len(r.large) > len(rest):
		r.buf = r.large
	case len(rest) == len(r.buf):
		r.large = make([]byte, min(need, 2*len(rest)))
		r.buf = r.large
	case r.from == 0:
		return
	}
	r.from, r.to = 0, copy(r.buf, rest)
}
