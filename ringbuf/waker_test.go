package ringbuf

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestWakerStates(t *testing.T) {
	tests := []struct {
		name                 string
		from                 uint32
		wake                 bool
		afterWake, afterDone uint32
		done                 bool
	}{
		{"idle", idle, true, woken, idle, false},
		{"woken", woken, false, wokenAgain, idle, false},
		{"woken again", wokenAgain, false, wokenAgain, idle, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var w Waker
			w.state.Store(tt.from)
			if got := w.Wake(); got != tt.wake || w.state.Load() != tt.afterWake {
				t.Errorf("Wake = %t → %d, want %t → %d", got, w.state.Load(), tt.wake, tt.afterWake)
			}
			w.state.Store(tt.from)
			if w.Begin(); w.state.Load() != woken {
				t.Errorf("Begin → %d", w.state.Load())
			}
			w.state.Store(tt.from)
			if got := w.Done(); got != tt.done || w.state.Load() != tt.afterDone {
				t.Errorf("Done = %t → %d, want %t → %d", got, w.state.Load(), tt.done, tt.afterDone)
			}
		})
	}
}

// wakerOps is a waker, or a mutant of it, for the explorer below.
type wakerOps struct {
	wake  func(*Waker) bool
	begin func(*Waker)
	done  func(*Waker) bool
}

// world is one instant of some posters, a consumer and the wakes between them.
// Every step is atomic, as every method of Waker is one atomic operation that
// counts; so all interleavings of steps are all that can happen.
type world struct {
	waker    uint32
	posted   int    // not yet seen by a look
	inFlight int    // wakes that were not delivered yet
	consumer int    // its next step; 0 waits for a wake
	posters  [3]int // their next steps
	pending  bool   // whether Done told the consumer to wake
}

// explore tries every interleaving and gives a fault, or "".
func explore(ops wakerOps) string {
	seen := map[world]bool{}
	var visit func(w world) string
	visit = func(w world) string {
		if seen[w] {
			return ""
		}
		seen[w] = true
		if w.inFlight > 1 {
			return "two wakes in flight"
		}
		moved := false
		for _, next := range steps(w, ops) {
			moved = true
			if fault := visit(next); fault != "" {
				return fault
			}
		}
		if !moved && w.posted > 0 {
			return "a post was lost"
		}
		return ""
	}
	return visit(world{})
}

// steps gives the worlds that may follow w.
func steps(w world, ops wakerOps) (next []world) {
	with := func(w world, f func(w *world, k *Waker)) {
		var k Waker
		k.state.Store(w.waker)
		f(&w, &k)
		w.waker = k.state.Load()
		next = append(next, w)
	}
	wake := func(w *world, k *Waker) {
		if ops.wake(k) {
			w.inFlight++
		}
	}
	for i, at := range w.posters {
		switch at {
		case 0:
			with(w, func(w *world, _ *Waker) { w.posted++; w.posters[i]++ })
		case 1:
			with(w, func(w *world, k *Waker) { wake(w, k); w.posters[i]++ })
		}
	}
	switch w.consumer {
	case 0:
		if w.inFlight > 0 {
			with(w, func(w *world, k *Waker) { w.inFlight--; ops.begin(k); w.consumer = 1 })
		}
	case 1:
		with(w, func(w *world, _ *Waker) { w.posted = 0; w.consumer = 2 })
	case 2:
		with(w, func(w *world, k *Waker) { w.pending = ops.done(k); w.consumer = 3 })
	case 3:
		with(w, func(w *world, k *Waker) {
			if w.pending {
				wake(w, k)
			}
			w.pending, w.consumer = false, 0
		})
	}
	return next
}

func TestWakerInEveryInterleaving(t *testing.T) {
	right := wakerOps{(*Waker).Wake, (*Waker).Begin, (*Waker).Done}
	if fault := explore(right); fault != "" {
		t.Error(fault)
	}
	mutants := []struct {
		name string
		ops  wakerOps
	}{
		{"Done that does not tell of posts meanwhile", wakerOps{right.wake, right.begin, func(w *Waker) bool {
			w.Done()
			return false
		}}},
		{"Done that stays woken: nobody is first any more", wakerOps{right.wake, right.begin, func(w *Waker) bool {
			if w.state.CompareAndSwap(woken, idle) {
				return false
			}
			w.state.Store(woken)
			return true
		}}},
		{"Wake that counts a look as over when it begins", wakerOps{right.wake, func(*Waker) {}, func(w *Waker) bool {
			w.Done()
			return false
		}}},
		{"Wake that is always first", wakerOps{func(w *Waker) bool {
			w.Wake()
			return true
		}, right.begin, right.done}},
	}
	for _, m := range mutants {
		if explore(m.ops) == "" {
			t.Errorf("not found out: %s", m.name)
		}
	}
}

// The same for the memory order, which the explorer takes for granted. The
// channel holds the one wake that may be in flight.
func TestWakerHammer(t *testing.T) {
	atProcs(t, func(t *testing.T) {
		const producers = 4
		n := rounds(20_000)
		var (
			w      Waker
			posted atomic.Int64
			bell   = make(chan struct{}, 1)
			wg     sync.WaitGroup
		)
		wake := func() {
			if w.Wake() {
				select {
				case bell <- struct{}{}:
				default:
					t.Error("a second wake in flight")
				}
			}
		}
		for range producers {
			wg.Go(func() {
				for range n {
					posted.Add(1)
					wake()
				}
			})
		}
		wg.Go(func() {
			for seen := int64(0); seen < int64(producers*n); {
				<-bell
				w.Begin()
				seen += posted.Swap(0)
				if w.Done() {
					wake()
				}
			}
		})
		join(t, &wg)
	})
}
