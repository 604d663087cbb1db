package bench

import (
	"context"
	"net"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

const (
	// leanBuffer is how many bytes a lean connection writes together, and reads at
	// a time, but for longer frames.
	leanBuffer = 64 << 10

	// longPayload is written from where it is: copying it costs more than another
	// piece in the same system call.
	longPayload = 16 << 10
)

// Lean is a [StreamDialer] to a broker's address whose connections belong to the
// stage that uses them: a frame is encoded to and decoded from one buffer by the
// goroutine that sends or receives, without locks, queues or goroutines between.
// A client of package client, which any goroutine may use, takes about twice its
// CPU, which on the same cores the broker has to do without. It is nil if the
// address is that of neither a unix socket nor TCP, or is none.
func Lean(address string, timeout time.Duration) StreamDialer {
	return plainly(address, timeout, func(conn net.Conn) Streamer { return newLean(conn, timeout) })
}

// lean is one connection. What sends and what receives share nothing but the
// socket.
type lean struct {
	conn    net.Conn
	timeout time.Duration // for acks
	pings   *time.Timer

	writing bound
	out     []byte // whole frames, not written yet
	pieces  [2][]byte

	reading  bound
	in       []byte
	from, to int // what was read and not given yet
	frames   []codec.Received
	delivery codec.Delivery
}

// newLean takes a connection that is past the handshake.
func newLean(conn net.Conn, timeout time.Duration) *lean {
	l := &lean{conn: conn, timeout: timeout, out: make([]byte, 0, leanBuffer+longPayload), in: make([]byte, leanBuffer)}
	l.writing.deadline, l.reading.deadline = conn.SetWriteDeadline, conn.SetReadDeadline
	l.pings = time.AfterFunc(DefaultPingInterval, l.ping)
	return l
}

// Send may leave the frame in the buffer. With a QoS that wants an ack it writes
// all and reads the ack; nobody else may be receiving then.
func (l *lean) Send(ctx context.Context, op codec.Op, target string, payload []byte, q codec.QoS) error {
	if q.NeedsAck() {
		l.out = codec.AppendFrame(l.out, 1, op, q, target, payload)
		return l.acked(ctx)
	}
	if len(payload) >= longPayload {
		l.out = codec.AppendFrameHead(l.out, 0, op, q, target, len(payload))
		return l.write(ctx, payload)
	}
	l.out = codec.AppendFrame(l.out, 0, op, q, target, payload)
	if len(l.out) < leanBuffer {
		return nil
	}
	return l.write(ctx, nil)
}

func (l *lean) Flush(ctx context.Context) error {
	if len(l.out) == 0 {
		return nil
	}
	return l.write(ctx, nil)
}

// write writes the buffer and what comes behind it.
func (l *lean) write(ctx context.Context, behind []byte) error {
	l.writing.to(ctx)
	l.pieces = [2][]byte{l.out, behind}
	both := net.Buffers(l.pieces[:])
	_, err := both.WriteTo(l.conn)
	l.out = l.out[:0]
	return l.ended(ctx, err)
}

func (l *lean) Subscribe(ctx context.Context, topics ...string) error {
	l.out = codec.AppendTopics(l.out, 1, codec.OpSubscribe, codec.QoSProcessed, topics...)
	return l.acked(ctx)
}

// acked writes all and reads until there is an ack.
func (l *lean) acked(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	defer l.reading.release()
	defer l.writing.release()
	if err := l.Flush(ctx); err != nil {
		return err
	}
	for {
		if err := l.next(ctx); err != nil {
			return err
		}
		if l.delivery.Kind == codec.KindAck {
			return l.delivery.Code.Err()
		}
	}
}

// RecvBatch gives the frames of one read.
func (l *lean) RecvBatch(ctx context.Context) ([]codec.Received, error) {
	l.frames = l.frames[:0]
	for len(l.frames) == 0 {
		if err := l.next(ctx); err != nil {
			return nil, err
		}
		for more := true; more; {
			if k := l.delivery.Kind; k != codec.KindAck && k != codec.KindNop {
				l.frames = append(l.frames, codec.Received{})
				l.delivery.ReceivedInto(&l.frames[len(l.frames)-1])
				l.repeat()
			}
			var err error
			if more, _, err = l.decode(); err != nil {
				return nil, err
			}
		}
	}
	return l.frames, nil
}

// repeat gives what differs from the last frame in nothing but its payload.
func (l *lean) repeat() {
	last := &l.frames[len(l.frames)-1]
	for {
		n, payload := last.Again(l.in[l.from:l.to], maxPayload)
		if n == 0 {
			return
		}
		l.from += n
		l.frames = append(l.frames, *last)
		last = &l.frames[len(l.frames)-1]
		last.Payload = payload
	}
}

// next reads until there is a frame, and decodes it.
func (l *lean) next(ctx context.Context) error {
	for {
		whole, need, err := l.decode()
		if whole || err != nil {
			return err
		}
		l.makeRoom(need)
		l.reading.to(ctx)
		n, err := l.conn.Read(l.in[l.to:])
		if l.to += n; n == 0 && err != nil {
			return l.ended(ctx, err)
		}
	}
}

// decode decodes a frame if it is there as a whole; if not, it takes so many bytes.
func (l *lean) decode() (whole bool, need int, err error) {
	n, need, err := codec.NextDelivery(l.in[l.from:l.to], maxPayload, &l.delivery)
	l.from += n
	return n > 0, need, err
}

// makeRoom sees to it that there is room for more of a frame of need bytes. What
// was given before is overwritten.
func (l *lean) makeRoom(need int) {
	rest, in := l.in[l.from:l.to], l.in
	if len(rest) == len(in) { // it doubles as bytes arrive, whatever length is announced
		in = make([]byte, min(need, 2*len(in)))
	}
	l.in, l.from, l.to = in, 0, copy(in, rest)
}

// ended is the error of the socket, or why the context ended.
func (l *lean) ended(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return &client.DisconnectedError{Cause: err}
}

// ping keeps the connection: who only receives has to say something now and then
// [BUSRT-T1]. A frame is never cut, for writes of whole frames take turns.
func (l *lean) ping() {
	if _, err := l.conn.Write(ping); err == nil {
		l.pings.Reset(DefaultPingInterval)
	}
}

func (l *lean) Close() error {
	l.pings.Stop()
	l.reading.release()
	l.writing.release()
	return l.conn.Close()
}

// bound is a direction of a socket that a context interrupts. It stays bound from
// one call to the next, for a stage has but one context.
type bound struct {
	deadline func(time.Time) error
	ctx      context.Context
	stop     func() bool
	fired    chan struct{}
}

func (b *bound) to(ctx context.Context) {
	if b.ctx == ctx {
		return
	}
	b.release()
	fired := make(chan struct{})
	b.ctx, b.fired = ctx, fired
	b.stop = context.AfterFunc(ctx, func() {
		_ = b.deadline(time.Unix(1, 0)) // fails when the socket is closed, which is as good
		close(fired)
	})
}

// release lets the direction be used again, also after the end of the context:
// that of a stage ends with it.
func (b *bound) release() {
	if b.ctx == nil {
		return
	}
	if !b.stop() {
		<-b.fired
		_ = b.deadline(time.Time{})
	}
	b.ctx, b.stop, b.fired = nil, nil, nil
}
