package engine

import (
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v3"
)

// topics knows who subscribes to what [BUSRT-O3]: a trie over the segments of
// patterns, written under one lock and read without any.
//
// # Shape
//
// A literal child is found in one map for the whole trie, by the number of its
// parent and its segment; a map in each node would take 3 KiB per node. One of
// them, and most nodes have no other, is a pointer in its parent instead, which
// spares the map's 100 bytes and its look-up; so is the child `+`. A child stays
// where it is as long as it is there. A pattern ends at `#`, so what would be
// a child `#` is only a second list of subscribers in its parent. Numbers of
// nodes are never used twice: an edge of a removed node cannot come to life.
//
// # Readers and writers
//
// A list of subscribers is immutable to those who see it: an add may write
// behind the end that readers know, a removal makes a new array. A writer puts
// nodes in place before the list that makes them matter, and takes them away
// after their last list is gone; so a walk finds every subscription that is
// there from its beginning to its end, and none that was not there at all.
// What changes meanwhile it may or may not see.
//
// # Generations
//
// Whoever keeps the result of match reads generation first, keeps it beside the
// result, and serves the result only as long as generation still says the same.
// Nothing stale outlives the call that made it stale: if the walk missed a
// change, then it read before the change was stored, and the filler's look at
// the generation came before that; the bump comes after the store. So the kept
// number is older than the bump, and no look after it finds them equal. (Atomics
// of Go have one order for all.) A bump before the store would be wrong: a
// filler could note the new number and walk the old tree. A walk that saw the
// change before its bump is thrown away once for nothing.
//
// # Bounds
//
// A walk visits no node twice, and only nodes that fit the topic so far: its
// cost grows with the subscriptions that begin as the topic does, not with
// their number nor with the length of what nobody asked for. It calls itself
// only where a literal and a `+` both fit, and goes on in a loop where one
// does: the stack grows with such forks on one path, and a path with n of them
// takes patterns of n²/2 bytes in all. One pattern of any length costs no stack,
// but some 110 bytes per segment: whoever accepts subscriptions bounds them.
type topics[T comparable] struct {
	edges   *xsync.MapOf[edge, *topicNode[T]]
	root    topicNode[T]
	changes atomic.Uint64

	mu struct {
		sync.Mutex
		lastID uint64 // of a node; the root has 0
	}
}

// edge leads to a literal child. A stored one owns its segment.
type edge struct {
	parent uint64
	seg    string
}

type topicNode[T comparable] struct {
	id       uint64
	parent   *topicNode[T]
	seg      string                       // of the edge that leads here, its own
	one      atomic.Pointer[topicNode[T]] // the child `+`
	first    atomic.Pointer[topicNode[T]] // a literal child
	here     receivers[T]                 // patterns that end here
	rest     receivers[T]                 // patterns that go on with `#`
	literals atomic.Int32                 // children in the map
}

func newTopics[T comparable]() *topics[T] {
	return &topics[T]{edges: xsync.NewMapOfWithHasher[edge, *topicNode[T]](edgeHasher())}
}

// edgeHasher measured 3 times as fast as the map's own hash of a struct. The
// secret seed keeps clients from choosing topics that collide.
func edgeHasher() func(edge, uint64) uint64 {
	secret := maphash.MakeSeed()
	return func(e edge, seed uint64) uint64 {
		hi, lo := bits.Mul64(maphash.String(secret, e.seg)^seed, e.parent*2+0x9E3779B97F4A7C15)
		return hi ^ lo
	}
}

// add subscribes r to the pattern; the texts of the two are not compared with
// what is there, so adding twice makes two entries. (A caller that keeps each
// client's set of exact texts [BUSRT-O5] never does, but `a/#` and `a/#/b` are
// two entries in one place.) Keeps no part of pattern. Any goroutine.
func (t *topics[T]) add(pattern string, r T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := &t.root
	for more := true; more; {
		var seg string
		seg, pattern, more = cut(pattern, topicSyntax.sep)
		if seg == topicSyntax.rest {
			n.rest.add(r)
			t.bump()
			return
		}
		n = t.childLocked(n, seg)
	}
	n.here.add(r)
	t.bump()
}

// childLocked finds or makes the child of n for one segment of a pattern.
func (t *topics[T]) childLocked(n *topicNode[T], seg string) *topicNode[T] {
	child := t.child(n, seg)
	if child != nil {
		return child
	}
	t.mu.lastID++
	child = &topicNode[T]{id: t.mu.lastID, parent: n, seg: strings.Clone(seg)}
	switch {
	case seg == topicSyntax.one:
		n.one.Store(child)
	case n.first.Load() == nil:
		n.first.Store(child)
	default:
		n.literals.Add(1)
		t.edges.Store(edge{n.id, child.seg}, child)
	}
	return child
}

// child returns the child of n for one segment of a pattern, or nil.
func (t *topics[T]) child(n *topicNode[T], seg string) *topicNode[T] {
	if seg == topicSyntax.one {
		return n.one.Load()
	}
	return t.literal(n, seg)
}

// literal returns the child of n for one segment of a topic, or nil.
func (t *topics[T]) literal(n *topicNode[T], seg string) *topicNode[T] {
	if first := n.first.Load(); first != nil && first.seg == seg {
		return first
	}
	if n.literals.Load() == 0 {
		return nil
	}
	child, _ := t.edges.Load(edge{n.id, seg})
	return child
}

// remove takes away one entry of r at the pattern, if there is one. Its cost is
// linear in the subscribers of this very pattern: if 10,000 of them leave one
// after the other, that takes 11 µs each (BenchmarkMassLeave), about what closing a
// connection does. Any goroutine.
func (t *topics[T]) remove(pattern string, r T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := &t.root
	for more := true; more; {
		var seg string
		seg, pattern, more = cut(pattern, topicSyntax.sep)
		if seg == topicSyntax.rest {
			if n.rest.remove(r) {
				t.pruneLocked(n)
				t.bump()
			}
			return
		}
		if n = t.child(n, seg); n == nil {
			return
		}
	}
	if n.here.remove(r) {
		t.pruneLocked(n)
		t.bump()
	}
}

// pruneLocked removes n and its ancestors, as far up as they hold nothing.
func (t *topics[T]) pruneLocked(n *topicNode[T]) {
	for n.parent != nil && n.empty() {
		gone := n
		n = n.parent
		switch {
		case n.one.Load() == gone:
			n.one.Store(nil)
		case n.first.Load() == gone:
			n.first.Store(nil)
		default:
			t.edges.Delete(edge{n.id, gone.seg})
			n.literals.Add(-1)
		}
	}
}

func (n *topicNode[T]) empty() bool {
	return n.literals.Load() == 0 && n.first.Load() == nil && n.one.Load() == nil && len(n.here.load()) == 0 && len(n.rest.load()) == 0
}

// match appends to dst who subscribes to the topic, once for each of its
// patterns that matches: the caller removes duplicates [BUSRT-O3]. Wildcards in
// topic are literals [BUSRT-O8]. Lock-free, any goroutine; keeps no part of
// topic, and allocates only where dst lacks room.
func (t *topics[T]) match(topic string, dst []T) []T {
	return t.walk(&t.root, topic, dst)
}

func (t *topics[T]) walk(n *topicNode[T], topic string, dst []T) []T {
	for {
		dst = append(dst, n.rest.load()...)
		seg, tail, more := cut(topic, topicSyntax.sep)
		one, literal := n.one.Load(), t.literal(n, seg)
		if !more {
			if one != nil {
				dst = append(dst, one.here.load()...)
			}
			if literal != nil {
				dst = append(dst, literal.here.load()...)
			}
			return dst
		}
		switch {
		case literal == nil && one == nil:
			return dst
		case literal == nil:
			n = one
		case one == nil:
			n = literal
		default:
			dst = t.walk(one, tail, dst)
			n = literal
		}
		topic = tail
	}
}

// generation is the number of changes so far; see above how to keep results by
// it. Any goroutine.
func (t *topics[T]) generation() uint64 { return t.changes.Load() }

// bump voids all kept results. Whoever changes something else that they depend
// on calls it after the change [BUSRT-O10]. Any goroutine.
func (t *topics[T]) bump() { t.changes.Add(1) }

// receivers is a list that is read without a lock; writers hold one.
type receivers[T comparable] struct{ list atomic.Pointer[[]T] }

// load returns the list as it is now; it stays as it is.
func (l *receivers[T]) load() []T {
	if p := l.list.Load(); p != nil {
		return *p
	}
	return nil
}

// add may write to the spare room that the lists of readers share, but do not
// reach: a place is written once, for only the newest list is ever added to,
// and no list gets shorter in its array.
func (l *receivers[T]) add(r T) {
	list := append(l.load(), r)
	l.list.Store(&list)
}

func (l *receivers[T]) remove(r T) bool {
	old := l.load()
	i := slices.Index(old, r)
	if i < 0 {
		return false
	}
	if len(old) == 1 {
		l.list.Store(nil)
		return true
	}
	list := make([]T, 0, len(old)) // room for the next to come
	list = append(append(list, old[:i]...), old[i+1:]...)
	l.list.Store(&list)
	return true
}
