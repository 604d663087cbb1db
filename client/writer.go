package client

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// writer collects frames in a buffer and gets them written.
//
// Writing needs the token. Whoever has a frame that must not wait and finds the
// token free takes it and writes at once, on its own goroutine, so that a lone
// sender pays no switch; frames that come meanwhile are written by the same
// goroutine afterwards, together. A sender never waits inside a write: what the
// socket does not take at once it leaves, with the token, to the writer's loop.
// The loop also writes frames that may wait a little.
type writer struct {
	conn   net.Conn
	try    func(b []byte) (n int, err error) // writes without waiting; nil: conn cannot
	failed func(error)                       // told once that conn takes no more; called under mu
	size   int                               // bytes that are collected at most, but for one frame
	ttl    time.Duration

	kick chan struct{} // the loop has something to do
	room chan struct{} // the buffer was emptied; passed on among the senders that wait
	quit chan struct{} // the loop is to end
	idle chan struct{} // closed once all is written after close

	mu      sync.Mutex
	token   token
	buf     []byte // frames that nobody has begun to write
	spare   []byte // the buffer to take next
	rest    []byte // what is left of the buffer that is being written; the loop's
	kicked  bool   // the loop is on its way to look at buf
	closing bool
	wrote   bool  // since the last look of the keep-alive
	waiting int   // senders that want room
	err     error // why no frame is taken any more
}

// token says who writes.
type token uint8

const (
	tokenFree token = iota
	tokenSender
	tokenLoop
	tokenGone // nobody ever again
)

// urgency says when a frame is to be written.
type urgency uint8

const (
	soon  urgency = iota // within the TTL
	now                  // by this call, or whoever is writing already
	later                // the caller will call flush
)

const (
	// rounds is how many buffers a sender writes for others before it leaves
	// the rest to the loop.
	rounds = 8
	// keep is the largest buffer that is kept for reuse, in bytes: with less,
	// frames of 1 MiB were half as fast, for a new buffer each.
	keep = 4 << 20
)

func (w *writer) init(conn net.Conn, o Options, failed func(error)) {
	w.conn, w.try, w.failed = conn, nonBlocking(conn), failed
	w.size, w.ttl = o.BufferSize, o.BufferTTL
	w.kick, w.room = make(chan struct{}, 1), make(chan struct{}, 1)
	w.quit, w.idle = make(chan struct{}), make(chan struct{})
}

// add takes a frame. While the buffer is full it waits for room, as long as
// ctx allows. Any goroutine.
func (w *writer) add(ctx context.Context, f *outgoing, when urgency) error {
	if err := w.lock(ctx, f.len()); err != nil {
		return err
	}
	w.buf = f.append(w.buf)
	return w.unlock(when)
}

// lock takes mu for a frame of n bytes to be appended to buf, once there is room.
// With an error it does not. Any goroutine.
func (w *writer) lock(ctx context.Context, n int) error {
	w.mu.Lock()
	for w.token != tokenFree && len(w.buf) > 0 && len(w.buf)+n > w.size && w.err == nil {
		if err := w.awaitRoomLocked(ctx); err != nil {
			w.mu.Unlock()
			return err
		}
	}
	if err := w.err; err != nil {
		w.passOnLocked()
		w.mu.Unlock()
		return err
	}
	return nil
}

// unlock lets go of mu once what was appended is written, or will be.
func (w *writer) unlock(when urgency) error {
	w.passOnLocked()
	kick := false
	switch {
	case w.token != tokenFree: // who has it looks again
	case when == now || w.ttl < 0 || len(w.buf) >= w.size:
		w.writeLocked()
	case when == soon && !w.kicked:
		w.kicked, kick = true, true
	}
	err := w.err // of that write
	w.mu.Unlock()
	if kick {
		signal(w.kick)
	}
	return err
}

// flush gets written what was added. Any goroutine.
func (w *writer) flush() {
	w.mu.Lock()
	if w.token == tokenFree && len(w.buf) > 0 {
		w.writeLocked()
	}
	w.mu.Unlock()
}

// writeLocked writes the buffer, and what is added meanwhile, as far as that
// goes without waiting. The token is free. It lets go of mu while it writes.
func (w *writer) writeLocked() {
	w.token = tokenSender
	for range rounds {
		if w.try == nil {
			break
		}
		b := w.takeLocked()
		if b == nil {
			w.releaseLocked()
			return
		}
		w.mu.Unlock()
		n, err := w.try(b)
		w.mu.Lock()
		if err != nil {
			w.failLocked(err)
			return
		}
		if n < len(b) {
			w.rest = b[n:]
			break
		}
		w.giveBackLocked(b)
	}
	w.token = tokenLoop
	signal(w.kick)
}

// takeLocked takes the buffer to be written, nil if there is nothing in it.
func (w *writer) takeLocked() []byte {
	if len(w.buf) == 0 {
		return nil
	}
	b := w.buf
	w.buf, w.spare, w.wrote = w.spare, nil, true
	w.passOnLocked()
	return b
}

// giveBackLocked takes a written buffer back.
func (w *writer) giveBackLocked(b []byte) {
	if cap(b) <= max(keep, w.size) {
		w.spare = b[:0]
	}
}

func (w *writer) releaseLocked() {
	w.token = tokenFree
	if w.closing {
		w.token = tokenGone
		close(w.idle)
	}
}

// failLocked notes that the connection takes no more. The token is the
// caller's, and nobody gets it any more.
func (w *writer) failLocked(err error) {
	w.token, w.buf, w.rest = tokenGone, nil, nil
	w.refuseLocked(&DisconnectedError{Cause: err})
	w.failed(err)
}

// refuseLocked has add fail with err from now on.
func (w *writer) refuseLocked(err error) {
	if w.err == nil {
		w.err = err
	}
	w.passOnLocked()
}

// awaitRoomLocked waits until there may be room. It lets go of mu meanwhile.
func (w *writer) awaitRoomLocked(ctx context.Context) error {
	w.waiting++
	w.mu.Unlock()
	var err error
	select {
	case <-w.room:
	case <-ctx.Done():
		err = ctx.Err()
	}
	w.mu.Lock()
	w.waiting--
	return err
}

// passOnLocked tells one of the senders that wait, if any, to look again; it
// tells the next.
func (w *writer) passOnLocked() {
	if w.waiting > 0 && (len(w.buf) < w.size || w.err != nil) {
		signal(w.room)
	}
}

// close takes no more frames and gets written what is left; then idle is
// closed. Any goroutine, once.
func (w *writer) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refuseLocked(ErrClosed)
	w.closing = true
	if w.token == tokenFree {
		w.writeLocked()
	}
}

// refuse has add fail with err, whatever it failed with before. The connection
// has ended. Any goroutine.
func (w *writer) refuse(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
	w.passOnLocked()
}

// ping writes a ping if nothing, not even a ping, was written since the last
// call, and nothing is about to be.
func (w *writer) ping() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wrote || w.token != tokenFree || len(w.buf) > 0 || w.err != nil {
		w.wrote = false
		return
	}
	w.buf = codec.AppendPing(w.buf)
	w.writeLocked()
}

// signal fills a channel of one place, unless it is full.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
