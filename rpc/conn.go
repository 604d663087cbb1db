package rpc

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/busrt-go/busrt/codec"
)

// Conn calls and is called over a bus. Make one with [New]. Methods may be
// called by any goroutine.
type Conn struct {
	bus     Bus
	handler Handler
	options Options
	calls   calls
	buffers sync.Pool // of *[]byte, for payloads to be sent

	ctx    context.Context // of handlers
	cancel context.CancelFunc
	closed atomic.Bool // by Close: what waits is not handled any more
	serve  *queue      // calls
	events *queue      // notifications; serve if they are unordered
	frames *queue      // broadcasts and publishes; events or serve unless they are apart

	done chan struct{}
	err  error // set before done is closed
}

// New begins to receive from b, which is the Conn's from then on, unless there
// is an error. h answers; nil knows no method and ignores the rest.
func New(b Bus, h Handler, o Options) (*Conn, error) {
	o = o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if h == nil {
		h = new(Mux)
	}
	c := &Conn{bus: b, handler: h, options: o, done: make(chan struct{})}
	c.calls.init()
	c.buffers.New = func() any { return new([]byte) }
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.queues()
	if err := c.watchCallees(); err != nil {
		c.cancel()
		return nil, err
	}
	if r, ok := b.(reconnecter); ok {
		r.OnCut(c.cut)
	}
	if t, ok := b.(tapper); ok {
		t.Tap(c.tapped)
	}
	go c.loop()
	return c, nil
}

func (c *Conn) queues() {
	one := func() *queue { return newQueue(1, c.options.QueueSize, c.handle) }
	switch {
	case c.options.Inline:
		c.serve = newQueue(0, 0, c.handle)
		c.events, c.frames = c.serve, c.serve
	case c.options.Unordered:
		c.serve = newQueue(c.options.MaxConcurrent, c.options.QueueSize, c.handle)
		c.events, c.frames = c.serve, c.serve
	default:
		c.serve, c.events = newQueue(c.options.MaxConcurrent, c.options.QueueSize, c.handle), one()
		c.frames = c.events
		if c.options.FramesApart {
			c.frames = one()
		}
	}
}

// Name is the name under which the bus is registered.
func (c *Conn) Name() string { return c.bus.Name() }

// Done is closed when the bus has ended and no handler runs any more.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err is nil until Done is closed. Then it is the error of the bus.
func (c *Conn) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// Close ends the contexts of the handlers, closes the bus and waits for the
// handlers to return; not to be called by one.
func (c *Conn) Close() error {
	c.closed.Store(true)
	c.cancel()
	err := c.bus.Close()
	<-c.done
	return err
}

// Call calls a method of a client and waits for the result, which is the
// caller's. An [Error] says that the call failed there, or could not be
// delivered; a [GoneError], with [Options.WatchCallees], that the client left
// before it answered; errors of ctx and of the bus are what they are. When a
// connection ends, calls that are under way on it fail with the error of the bus:
// nobody knows whether they were handled.
func (c *Conn) Call(ctx context.Context, target, method string, params []byte) ([]byte, error) {
	call, err := c.calls.begin(target)
	if err != nil {
		return nil, err
	}
	b, err := c.request(call.id, method, params)
	if err == nil {
		err = failure(c.bus.Send(ctx, target, *b, processed(c.options.Realtime)))
		c.buffers.Put(b)
	}
	if err != nil {
		c.calls.abandon(call)
		return nil, err
	}
	if err := c.calls.await(ctx, call); err != nil {
		return nil, err
	}
	return c.calls.finish(call)
}

// Call0 calls a method without wanting a reply. nil says that the call is
// queued for the target.
func (c *Conn) Call0(ctx context.Context, target, method string, params []byte) error {
	b, err := c.request(0, method, params)
	if err != nil {
		return err
	}
	defer c.buffers.Put(b)
	return failure(c.bus.Send(ctx, target, *b, processed(c.options.Realtime)))
}

// Notify sends a notification. nil says that it is queued for the target.
func (c *Conn) Notify(ctx context.Context, target string, data []byte) error {
	b := c.buffer()
	defer c.buffers.Put(b)
	*b = codec.AppendRPCNotification(*b, data)
	return failure(c.bus.Send(ctx, target, *b, processed(c.options.Realtime)))
}

// request encodes a request in a buffer.
func (c *Conn) request(id uint32, method string, params []byte) (*[]byte, error) {
	if strings.IndexByte(method, 0) >= 0 {
		return nil, errMethod
	}
	b := c.buffer()
	*b = codec.AppendRPCRequest(*b, id, method, params)
	return b, nil
}

var errMethod = errors.New("busrt: NUL in the name of a method")

// processed is the QoS of everything that is sent [BUSRT-R6].
func processed(realtime bool) codec.QoS {
	if realtime {
		return codec.QoSRealtimeProcessed
	}
	return codec.QoSProcessed
}

// buffer gives an empty buffer, to be put back into buffers.
func (c *Conn) buffer() *[]byte {
	b, _ := c.buffers.Get().(*[]byte)
	const keep = 64 << 10
	if cap(*b) > keep {
		*b = nil
	}
	*b = (*b)[:0]
	return b
}
