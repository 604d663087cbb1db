package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/copies"
	"github.com/busrt-go/busrt/internal/cpu"
)

// ErrShutdown is what Register gives once the broker shuts down, and the cause in
// the error of clients that it ended.
var ErrShutdown = errors.New("busrt: the broker is shut down")

// ClientOptions of an in-process client. The zero value of each field is the
// broker's.
type ClientOptions struct {
	// QueueFrames and QueueBytes limit what may wait for the client; beyond them
	// frames for it are lost, and counted [BUSRT-O13].
	QueueFrames int
	QueueBytes  int
}

// Client is a client in the broker's own process. It has the methods of a client
// over a socket, and the same semantics: a frame is queued for its receivers
// when the call that sends it returns. Make one with [Broker.Register] and Close
// it also after it was ended. Methods may be called by any goroutine, but not by
// an event loop.
//
// Frames from one in-process client to another pass through memory only; those to
// a socket are written by the goroutine that sends them. A sender whose
// receivers are behind waits for them inside its call, bounded by its context and
// the times of flow control [BUSRT-O17]. A client that does not receive holds
// nobody up [BUSRT-O13].
type Client struct {
	peer
	tap         atomic.Pointer[func(*Frame) bool]
	_           [cpu.CacheLine]byte // senders look at what is in front for each frame, the receiver writes behind it
	inbox       inbox
	copies      copies.Channel
	grace       sharedGrace
	last        atomic.Pointer[peer] // whom the last message inside went to: who is not shut has its name
	secondaries atomic.Uint64
	options     ClientOptions

	mine struct {
		sync.Mutex
		interests
		over bool // the client has ended: it subscribes to nothing any more
	}

	ending sync.Once
	done   chan struct{} // closed: err is set
	err    error
	leave  sync.Once
}

// Register makes an in-process client of that name, or a secondary if the name
// has a suffix [BUSRT-H6]. Its errors are [codec.Data] for a name that clients
// may not have [BUSRT-H7], [codec.Busy] if it is taken, [codec.NotRegistered] and
// [codec.AccessDenied] for a secondary without a primary, or of somebody else's
// [BUSRT-H9], [ErrShutdown], and that of ctx, which bounds the look whether the
// name's holder is still there [BUSRT-H11].
func (b *Broker) Register(ctx context.Context, name string, o ClientOptions) (*Client, error) {
	if code, text := b.options.Names.Check([]byte(name)); !text || code != codec.OK {
		return nil, fmt.Errorf("busrt: name %.40q: %w", name, codec.Data)
	}
	limits, err := b.clientLimits(o)
	if err != nil {
		return nil, err
	}
	c := &Client{done: make(chan struct{}), options: o}
	c.id, c.name, c.primary = b.ids.Add(1), name, codec.PrimaryName(name)
	c.broker, c.local, c.limits = b, c, limits
	c.out.stalled.Store(true) // until it receives it holds nobody up [BUSRT-O13]
	c.inbox.init(&c.peer)
	if err := c.enter(ctx); err != nil {
		return nil, fmt.Errorf("busrt: client %.40q: %w", name, err)
	}
	if b.closed.Load() { // Shutdown may not have seen it
		_ = c.Close()
		return nil, ErrShutdown
	}
	b.flush()
	return c, nil
}

// clientLimits are those of a client with options.
func (b *Broker) clientLimits(o ClientOptions) (*limits, error) {
	if o == (ClientOptions{}) {
		return b.limits, nil
	}
	all := b.options
	if o.QueueFrames != 0 {
		all.QueueFrames = o.QueueFrames
	}
	if o.QueueBytes != 0 {
		all.QueueBytes = o.QueueBytes
	}
	if err := all.Validate(); err != nil {
		return nil, err
	}
	return newLimits(all), nil
}

// enter asks the registry for the name.
func (c *Client) enter(ctx context.Context) error {
	b := c.broker
	code, holder := b.register(&c.peer, false)
	if holder != nil {
		looked := make(chan struct{})
		b.askHolder(holder.session, func() { close(looked) })
		select {
		case <-looked:
		case <-ctx.Done():
			return ctx.Err()
		}
		code, _ = b.register(&c.peer, true)
	}
	return code.Err()
}

// Secondary registers a secondary of the client: another one with its rights,
// under its name with a suffix, the lowest that is free from %%0 on. It ends with
// the client [BUSRT-O14]. Errors are those of Register, and [codec.NotSupported]
// if c is a secondary itself.
func (c *Client) Secondary(ctx context.Context) (*Client, error) {
	if c.isSecondary() {
		return nil, fmt.Errorf("busrt: a secondary of %s, which is one itself: %w", c.name, codec.NotSupported)
	}
	for {
		name := c.primary + "%%" + strconv.FormatUint(c.secondaries.Add(1)-1, 10)
		s, err := c.broker.Register(ctx, name, c.options)
		if !errors.Is(err, codec.Busy) {
			return s, err
		}
	}
}

// Name is the full name under which the client is registered.
func (c *Client) Name() string { return c.name }

// Lost is the number of frames that were not queued for the client, as its
// queue was full [BUSRT-O13].
func (c *Client) Lost() uint64 { return c.losses.frames.Load() }

// Done is closed when the client has ended, by Close or by the broker.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err is nil until Done is closed. Then it is [codec.ErrClosed], or a
// [codec.DisconnectedError] with the broker's reason: its shutdown, or the end of
// the client's primary.
func (c *Client) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// Close releases the name. Frames that were not received are lost, and what
// waits in other methods fails with [codec.ErrClosed]. It returns nil.
func (c *Client) Close() error {
	c.end(codec.ErrClosed)
	c.leave.Do(func() {
		b := c.broker
		b.unregister(&c.peer, reasonPeerLeft)
		if c.out.ring.Claim() {
			c.out.ring.Close()
			b.dropped[reasonPeerLeft].Add(levelFrames(c.out.level.Load()))
		}
		c.inbox.drop()
		b.flush()
	})
	c.copies.Wait()
	return nil
}

// end says why the client is over, the first time. What is queued can still be
// received, unless the client closed. Under the lock of the registry too.
func (c *Client) end(why error) {
	c.ending.Do(func() {
		c.err = why
		close(c.done)
		c.mine.Lock()
		c.mine.over = true
		c.mine.drop(&c.peer)
		c.mine.Unlock()
		c.copies.Close()
		c.inbox.bell.ring()
	})
}
