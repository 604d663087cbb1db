package ringbuf

import (
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
)

const hammerProducers = 4

// arena is one outbox with producers, writers and an owner at work.
//
// Mutants that were tried by hand; each failed in three runs of three:
//   - Yield that goes idle without another look at the ring: the last push waits
//     for ever.
//   - Yield of a full receiver that goes idle, or does not say Wake.
//   - Yield that ignores a claim, goes idle on it, or hands it over without Wake;
//     Claim that leaves no mark with a writer, takes the token from him, or does
//     not take it from a blocked outbox.
//   - Push that takes the token of a writing, blocked or awaited outbox, or leaves
//     an idle one idle; Park that leaves it idle, or does not tell.
//   - Acquire that takes the token of a writer or of a blocked outbox; Resume
//     that takes that of a writer.
//   - Advance that pops by what Views had shown, not by what the head has now:
//     bytes are lost. Advance without the lock.
//   - Advance or Close that forgets what was paid for the head or where its
//     boundary was, and a merge that forgets the cost: the sum is not zero.
//   - A merge into a shared tail, or past what waits: the other holder's check,
//     or the order.
//   - Advance that releases twice; Close, or a push to a closed outbox, that
//     keeps references or queues.
//
// Two need builds with invariants or the tests of single steps: a merge that
// releases twice, or not at all. State that is read before the lock is found
// in some runs only.
type arena struct {
	t       *testing.T
	pool    Pool
	o       Outbox
	writers atomic.Int32  // never above one
	level   atomic.Uint64 // the costs that were pushed and are not paid

	bell    chan struct{} // wakes of the owner
	waker   Waker
	drain   bool        // the owner claims the token only when all is written
	ending  atomic.Bool // it is to claim it
	claimed atomic.Bool // it has, and waits for a writer
	parks   int         // how many of eight hand-overs leave the writing to the owner

	producers [hammerProducers]producer

	// The receiver; the token's own.
	full   bool   // it took less than it was offered: the owner's turn
	got    []byte // from the last boundary that was checked
	next   map[uint8]uint32
	whole  int // bytes of whole records, as Advance told
	taken  int // bytes
	blocks int // how often it was full
	rng    *rand.Rand
}

func (a *arena) wakeOwner() {
	if a.waker.Wake() {
		a.bell <- struct{}{}
	}
}

func (a *arena) state() state {
	a.o.mu.Lock()
	defer a.o.mu.Unlock()
	return a.o.state
}

// write is what the engine does with the token. A wake that is not told is not
// made up for, except when the owner waits for the end.
func (a *arena) write(owner bool) {
	views := make([][]byte, 0, 4)
	for {
		if a.writers.Add(1) != 1 {
			a.t.Error("two writers")
		}
		if a.full && !owner {
			a.t.Error("a blocked outbox was not left to its owner")
		}
		a.writeSome(views)
		full, claimed := a.full, a.claimed.Load()
		a.writers.Add(-1)
		told := a.o.Yield(full)
		if s := a.state(); claimed && (told != Wake || s < stateBlocked) {
			a.t.Errorf("Yield = %v, %v although the owner has claimed the token", told, s)
		}
		switch told {
		case Again:
		case Wake:
			a.wakeOwner()
			return
		case Released:
			if a.drain && a.ending.Load() {
				a.wakeOwner()
			}
			return
		}
	}
}

func (a *arena) writeSome(views [][]byte) {
	views = a.o.Views(views[:0])
	total := 0
	for _, v := range views {
		total += len(v)
	}
	n := total
	if a.rng.IntN(6) == 0 {
		n = a.rng.IntN(total + 1)
	}
	if !a.drain || a.rng.IntN(6) == 0 {
		runtime.Gosched() // others push, or claim, meanwhile
	}
	left := n
	for _, v := range views {
		v = v[:min(left, len(v))]
		a.got = append(a.got, v...)
		left -= len(v)
	}
	whole, cost := a.o.Advance(n, measureRecords)
	a.level.Add(-cost)
	a.whole += whole
	a.taken += n
	checked, err := checkRecords(a.got, a.next)
	if err != nil {
		a.t.Error(err)
	}
	a.got = append(a.got[:0], a.got[checked:]...)
	if a.full = n < total; a.full {
		a.blocks++
	}
}

// producer is one of those who push, and holds what other receivers would.
type producer struct {
	a       *arena
	id      uint8
	rng     *rand.Rand
	seq     uint32   // of the next record
	held    []shared // references it keeps to what it pushed
	late    uint64   // the costs of what it pushed to the closed outbox
	perhaps uint64   // the cost of the push that met the close, before or after
}

// shared is a segment that another receiver has, and its size for good.
type shared struct {
	seg  *Segment
	size int
}

// step pushes one or two segments of all sorts.
func (p *producer) step() {
	var refs []Ref
	var cost uint64
	for range 1 + p.rng.IntN(2) {
		size := recordHeader + p.rng.IntN([]int{30, 600, 3000}[p.rng.IntN(3)])
		r := segmentOf(&p.a.pool, p.id, &p.seq, 1+p.rng.IntN(5), size)
		cost += r.Cost
		if p.rng.IntN(4) == 0 {
			r.Seg.Retain(1)
			p.held = append(p.held, shared{r.Seg, len(r.Seg.B)})
		}
		refs = append(refs, r)
	}
	closed := p.a.state() == stateClosed
	p.a.level.Add(cost)
	p.put(refs)
	switch {
	case closed:
		p.late += cost
	case p.a.state() == stateClosed:
		p.perhaps = cost
	}
	if !p.a.drain && p.rng.IntN(8) == 0 {
		p.a.wakeOwner() // who looks for other reasons as well
	}
	if len(p.held) > 8 {
		p.letGo(4)
	}
	for p.a.o.Len() > 64 && !p.a.ending.Load() { // the limit of a queue
		runtime.Gosched()
	}
}

func (p *producer) put(refs []Ref) {
	o := &p.a.o
	switch {
	case p.rng.IntN(8) < p.a.parks:
		if o.Park(refs) {
			p.a.wakeOwner()
		}
	case p.rng.IntN(8) == 0 && o.Acquire(): // as who has something to say first
		o.Push(refs)
		p.a.write(false)
	case o.Push(refs):
		p.a.write(false)
	}
}

// letGo checks and releases the oldest n of what is held, as other receivers
// would.
func (p *producer) letGo(n int) {
	for _, h := range p.held[:n] {
		if whole, _ := measureRecords(h.seg.B); whole != h.size || len(h.seg.B) != h.size {
			p.a.t.Errorf("a shared segment of %d bytes has %d, of records %d", h.size, len(h.seg.B), whole)
		}
		h.seg.Release()
	}
	p.held = append(p.held[:0], p.held[n:]...)
}

// end lets go of the rest, when the outbox is done with everything.
func (p *producer) end() {
	for _, h := range p.held {
		if got := h.seg.refs.Load(); got != 1 {
			p.a.t.Errorf("a segment has %d references, want the test's own", got)
		}
	}
	p.letGo(len(p.held))
}

// own is the owner: it resumes what is blocked, and at the end claims.
func (a *arena) own() {
	for range a.bell {
		a.waker.Begin()
		if !a.claimed.Load() && a.o.Resume() {
			a.write(true)
		}
		if a.ending.Load() && (!a.drain || a.o.Empty()) {
			if a.o.Claim() {
				break
			}
			if a.o.Push([]Ref{{Seg: NewStatic(nil)}}) || a.o.Acquire() {
				a.t.Error("the token was given to somebody while the owner waits for it")
			}
			a.claimed.Store(true)
		}
		if a.waker.Done() {
			a.wakeOwner()
		}
	}
	if a.writers.Add(1) != 1 {
		a.t.Error("the owner claimed the token of a writer")
	}
	midway := a.o.Boundary() != nil
	if midway != (len(a.got) > 0) || a.taken-a.whole != len(a.got) {
		a.t.Errorf("midway %t with %d bytes of a record; %d bytes, %d of whole records", midway, len(a.got), a.taken, a.whole)
	}
	a.level.Add(-a.o.Close())
}

func newArena(t *testing.T, parks int, drain bool) *arena {
	t.Helper()
	a := &arena{
		t: t, parks: parks, drain: drain, bell: make(chan struct{}, 1), next: map[uint8]uint32{},
		rng: rand.New(rand.NewPCG(1, 2)),
	}
	for i := range a.producers {
		a.producers[i] = producer{a: a, id: uint8(i), rng: rand.New(rand.NewPCG(uint64(i), 7))}
	}
	return a
}
