package ringbuf

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// The outbox and what was tried beside it, as lanes for [BenchmarkOutbox].

func segmentLike(p *Pool, b []byte) *Segment {
	s := p.Get(len(b))
	s.B = append(s.B, b...)
	return s
}

// The way of the broker: whoever finds the outbox idle writes.
func outboxLane(s *sink) (send func([]byte), end func()) {
	var (
		pool Pool
		o    Outbox
	)
	none := func([]byte) (int, uint64) { return 0, 0 }
	return func(b []byte) {
		refs := [1]Ref{{Seg: segmentLike(&pool, b), Cost: 1}}
		if !o.Push(refs[:]) {
			return
		}
		var room [64][]byte
		for again := true; again; again = o.Yield(false) == Again {
			n := 0
			for _, v := range o.Views(room[:0]) {
				s.write(v)
				n += len(v)
			}
			o.Advance(n, none)
		}
	}, func() {}
}

// A channel of segments and a goroutine that writes them.
func channelLane(s *sink) (send func([]byte), end func()) {
	var pool Pool
	ch := make(chan *Segment, 64)
	go func() {
		for seg := range ch {
			s.write(seg.B)
			seg.Release()
		}
	}()
	return func(b []byte) { ch <- segmentLike(&pool, b) }, func() { close(ch) }
}

// One slice that everybody appends to and whose writer swaps it for an empty
// one; whoever finds it unattended is the writer.
func mutexLane(s *sink) (send func([]byte), end func()) {
	var (
		mu           sync.Mutex
		queue, spare []byte
		writing      bool
	)
	return func(b []byte) {
		mu.Lock()
		queue = append(queue, b...)
		if writing {
			mu.Unlock()
			return
		}
		writing = true
		for len(queue) > 0 {
			batch := queue
			queue = spare[:0]
			mu.Unlock()
			for rest := batch; len(rest) > 0; {
				n := min(len(rest), len(s.buf))
				s.write(rest[:n])
				rest = rest[n:]
			}
			mu.Lock()
			spare = batch
		}
		writing = false
		mu.Unlock()
	}, func() {}
}

// A lock-free ring of references; the waker is the writer token. Nothing is
// merged, and nothing is written in part.
func ringLane(s *sink) (send func([]byte), end func()) {
	var (
		pool Pool
		w    Waker
	)
	q := NewMPSC[*Segment](64)
	return func(b []byte) {
		for seg := segmentLike(&pool, b); !q.Push(seg); {
			runtime.Gosched()
		}
		for mine := w.Wake(); mine; {
			w.Begin()
			for seg, ok := q.Pop(); ok; seg, ok = q.Pop() {
				s.write(seg.B)
				seg.Release()
			}
			mine = w.Done() && w.Wake()
		}
	}, func() {}
}

// Two flat buffers that senders reserve room in by one add, and fill without a
// lock. The upper half of the word counts the swaps of the writer, its parity
// chooses the buffer; the lower half is how much of that is reserved.
type reserve struct {
	word atomic.Uint64
	bufs [2]struct {
		filled atomic.Int64
		limit  atomic.Int64 // 1 + where the first reservation began that did not fit
		bytes  [64 << 10]byte
	}
	waker Waker
}

func reserveLane(s *sink) (send func([]byte), end func()) {
	var r reserve
	return func(b []byte) {
		for !r.put(b) {
			runtime.Gosched()
		}
		for mine := r.waker.Wake(); mine; {
			r.waker.Begin()
			r.drain(s)
			mine = r.waker.Done() && r.waker.Wake()
		}
	}, func() {}
}

func (r *reserve) put(b []byte) bool {
	w := r.word.Add(uint64(len(b)))
	buf, to := &r.bufs[w>>32&1], int(uint32(w))
	from := to - len(b)
	if to > len(buf.bytes) {
		if from <= len(buf.bytes) {
			buf.limit.Store(1 + int64(from))
		}
		return false
	}
	copy(buf.bytes[from:to], b)
	buf.filled.Add(int64(len(b)))
	return true
}

func (r *reserve) drain(s *sink) {
	w := r.word.Load()
	for !r.word.CompareAndSwap(w, (w>>32+1)<<32) {
		w = r.word.Load()
	}
	buf, n := &r.bufs[w>>32&1], int64(uint32(w))
	for n > int64(len(buf.bytes)) {
		if limit := buf.limit.Swap(0); limit > 0 {
			n = limit - 1
		}
	}
	for buf.filled.Load() < n {
		runtime.Gosched()
	}
	s.write(buf.bytes[:n])
	buf.filled.Store(0)
}
