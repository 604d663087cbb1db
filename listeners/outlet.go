package listeners

import "sync"

// outlet is what a stream has taken and not yet written. Whoever holds the
// writer token puts in, without waiting; a goroutine that lives as long as there
// is something writes it. At most readSize bytes wait beside those that are being
// written, in buffers that are there no longer than the goroutine.
type outlet struct {
	stream *stream

	mu      sync.Mutex
	waiting *[readSize]byte // guarded by mu, as all below; nil if empty
	n       int             // bytes in waiting
	busy    int             // bytes that are being written
	writing bool            // there is a goroutine
	tell    bool            // the session wants to know when there is room, or nothing left
	ended   bool            // the last one closes
	err     error           // why nothing can be written
}

// write takes what there is room for. Any goroutine, with the writer token.
func (o *outlet) write(bufs [][]byte) (n int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return 0, o.err
	}
	if o.waiting == nil {
		o.waiting = buffer()
	}
	for _, b := range bufs {
		k := copy(o.waiting[o.n:], b)
		o.n += k
		n += k
		if k < len(b) {
			o.tell = true
			break
		}
	}
	if !o.writing {
		o.writing = true
		o.stream.strand.streams.Go(o.drain)
	}
	return n, nil
}

// drain is the goroutine that writes.
func (o *outlet) drain() {
	s := o.stream
	for {
		b, n, tell := o.take()
		if tell {
			s.writable()
		}
		if b == nil {
			return
		}
		_, err := s.conn.Write(b[:n])
		buffers.Put(b)
		if err != nil {
			o.fail(err)
		}
	}
}

// take takes what waits; nil: there is nothing, the goroutine is to end. tell:
// the session is to be told first.
func (o *outlet) take() (b *[readSize]byte, n int, tell bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	b, n, tell = o.waiting, o.n, o.tell
	o.waiting, o.n, o.busy, o.tell = nil, 0, n, false
	if b == nil {
		o.writing = false
		if o.ended {
			o.stream.strand.streams.Go(o.stream.leave)
		}
	}
	return b, n, tell
}

// fail notes that nothing can be written any more.
func (o *outlet) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.err, o.tell = err, true
	if o.waiting != nil {
		buffers.Put(o.waiting)
		o.waiting, o.n = nil, 0
	}
}

// unsent is how much is not written. If there is something the session is told
// when that changes. Under the lock of the strand.
func (o *outlet) unsent() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.n+o.busy > 0 {
		o.tell = true
	}
	return o.n + o.busy
}

// end has the stream closed when everything is written. Nothing is put in any
// more. Under the lock of the strand.
func (o *outlet) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	if !o.writing {
		o.stream.strand.streams.Go(o.stream.leave)
	}
}
