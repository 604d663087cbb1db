package ringbuf

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// mailbox is an MPSC for what is posted, a count of what did not fit, and a
// waker, as the broker has it.
type mailbox struct {
	posts   *MPSC[int] // whose post it is
	waker   Waker
	bell    chan struct{} // holds the one wake that may be in flight
	refused []atomic.Int64
	seen    []atomic.Int64 // by producer
}

func (m *mailbox) post(producer int) {
	if !m.posts.Push(producer) {
		m.refused[producer].Add(1)
	}
	m.wake()
}

func (m *mailbox) wake() {
	if m.waker.Wake() {
		m.bell <- struct{}{}
	}
}

// attend waits for a wake and looks; it tells how many posts it saw so far.
func (m *mailbox) attend() (all int64) {
	<-m.bell
	m.waker.Begin()
	for p, ok := m.posts.Pop(); ok; p, ok = m.posts.Pop() {
		m.seen[p].Add(1)
	}
	for p := range m.seen {
		all += m.seen[p].Add(m.refused[p].Swap(0))
	}
	if m.waker.Done() {
		m.wake()
	}
	return all
}

// Each producer waits now and then until its posts are seen, so any of them may
// be the last for a while: one that is overlooked is not made up for by the
// next.
//
// Mutants that were tried by hand and fail here: a Begin that leaves the waker
// idle; a Done that leaves it woken, or does not tell; a Wake that does not note
// a post during a look, or loads and stores instead of comparing; a consumer
// that looks before Begin, or does not heed Done.
func TestMailboxHammer(t *testing.T) {
	for _, producers := range []int{1, 4} {
		hammer := func(t *testing.T) {
			t.Helper()
			m := mailbox{
				posts: NewMPSC[int](4), bell: make(chan struct{}, 1),
				refused: make([]atomic.Int64, producers), seen: make([]atomic.Int64, producers),
			}
			n := rounds(20_000)
			var wg sync.WaitGroup
			for p := range producers {
				wg.Go(func() {
					for i := range int64(n) {
						m.post(p)
						for i%3 == 0 && m.seen[p].Load() <= i {
							runtime.Gosched()
						}
					}
				})
			}
			wg.Go(func() {
				all := m.attend()
				for all < int64(producers*n) {
					all = m.attend()
				}
			})
			join(t, &wg)
			if !m.posts.Empty() {
				t.Error("more posts than were made")
			}
		}
		t.Run(fmt.Sprintf("producers=%d", producers), func(t *testing.T) { atProcs(t, hammer) })
	}
}
