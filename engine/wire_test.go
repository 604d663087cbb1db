package engine

import (
	"errors"
	"sync"
	"sync/atomic"
)

// wire is a connection in memory: a Transport of a loop on one side, what a
// client sends and receives on the other. Its "socket buffer" can be full, its
// peer can be gone, its writes can fail. Hand-driven tests look into it as they
// like; where loops and clients are goroutines, only methods are used.
type wire struct {
	loop    *loop
	session *Session

	chunk       int    // bytes that one read takes at most
	byItself    bool   // it is read by somebody who needs not be told: ReadOut does nothing
	unsent      int    // what the peer's host has not acknowledged
	beforeWrite func() // if set, at each Write
	arrived     signal // something for the client to read, or the end
	drained     signal // the loop has read, or closed
	writing     atomic.Bool
	writes      atomic.Uint32

	mu     sync.Mutex
	in     []byte // sent by the client, not read yet; guarded by mu, as all below
	left   bool   // the client has closed its sending side
	out    []byte // in the socket buffer
	limit  int    // bytes that the socket buffer takes
	gulp   int    // bytes that one write takes at most
	fault  error  // what writes fail with
	closed bool
	reset  bool // how it was closed
}

const (
	socketBuffer = 1 << 30 // "unlimited"
	readBuffer   = 64 << 10
)

var errGone = errors.New("peer has gone")

// poison is what a reader finds who keeps a view of received bytes too long.
const poison = 0xCC

// signal tells a goroutine to look again.
type signal chan struct{}

func newSignal() signal { return make(signal, 1) }

func (s signal) set() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// attach makes a connection on the loop of that number, whose client has said
// something already; on the loop's goroutine, if it has one.
func (b *bus) attach(number int, info Peer, said ...[]byte) *wire {
	l := b.loops[number]
	w := &wire{loop: l, chunk: readBuffer, limit: socketBuffer, gulp: socketBuffer}
	w.arrived, w.drained = newSignal(), newSignal()
	w.session = l.shard.Attach(w, info)
	for _, bytes := range said {
		w.session.Received(bytes)
	}
	w.session.Greet()
	l.shard.Flush()
	l.wires = append(l.wires, w)
	return w
}

// event does the next thing that the socket is ready for; false if there is
// nothing.
func (w *wire) event() bool {
	s := w.session
	did := false
	if s.WantsWrite() && !s.Broken() && w.room() > 0 {
		s.Writable()
		did = true
	}
	if s.WantsRead() && w.readable() {
		w.read()
		did = true
	}
	return did
}

func (w *wire) readable() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.in) > 0 || w.left
}

// read is one read of the loop.
func (w *wire) read() {
	w.mu.Lock()
	room := w.session.Room()
	b := room
	if room == nil {
		b = make([]byte, min(len(w.in), w.chunk))
	}
	b = b[:copy(b[:min(len(b), w.chunk)], w.in)]
	w.in = w.in[len(b):]
	dry := len(w.in) == 0 && !w.left
	w.mu.Unlock()
	switch {
	case len(b) == 0:
		w.session.PeerLeft()
		return
	case room != nil:
		w.session.Filled(len(b))
	default:
		w.session.Received(b)
		for i := range b {
			b[i] = poison
		}
	}
	if dry {
		w.session.Dry()
	}
	w.drained.set()
}

func (w *wire) room() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fault != nil {
		return 1 // poll reports an error as readiness
	}
	return w.limit - len(w.out)
}

// hangUp is the client's full close.
func (w *wire) hangUp() { w.change(func() { w.left, w.fault = true, errGone }) }

// halfClose shuts down the client's sending side only.
func (w *wire) halfClose() { w.change(func() { w.left = true }) }

// fail has writes fail.
func (w *wire) fail(err error) { w.change(func() { w.fault = err }) }

// fits sets how many bytes the socket buffer takes.
func (w *wire) fits(bytes int) { w.change(func() { w.limit = bytes }) }

// take empties the socket buffer, as the client's reading does.
func (w *wire) take() (b []byte) {
	w.change(func() { b, w.out = w.out, nil })
	return b
}

// change alters what the loop sees of the socket, and has it look.
func (w *wire) change(how func()) {
	w.mu.Lock()
	how()
	w.mu.Unlock()
	w.loop.look.set()
}

// Write implements Transport.
func (w *wire) Write(bufs [][]byte) (n int, err error) {
	bus := w.loop.bus
	if w.writing.Swap(true) {
		bus.Errorf("two writers at once")
	}
	defer w.writing.Store(false)
	w.writes.Add(1)
	if w.beforeWrite != nil {
		w.beforeWrite()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || len(bufs) == 0 {
		bus.Errorf("written after Close: %t; nothing to write: %t", w.closed, len(bufs) == 0)
	}
	if w.fault != nil {
		return 0, w.fault
	}
	for _, b := range bufs {
		k := min(len(b), w.limit-len(w.out), w.gulp-n)
		w.out = append(w.out, b[:k]...)
		n += k
		if k < len(b) {
			break
		}
	}
	w.arrived.set()
	return n, nil
}

// Settle implements Transport: wires look at what their session wants before
// each event.
func (w *wire) Settle() {}

// HungUp implements Transport.
func (w *wire) HungUp() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.left
}

// ReadOut implements Transport.
func (w *wire) ReadOut() {
	for !w.byItself && !w.session.Closed() && w.session.state != stateClosing {
		w.read()
	}
}

// Unsent implements Transport.
func (w *wire) Unsent() int { return w.unsent }

// Close implements Transport.
func (w *wire) Close(reset bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		w.loop.bus.Errorf("closed twice")
	}
	w.closed, w.reset = true, reset
	w.arrived.set()
	w.drained.set()
}
