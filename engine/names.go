package engine

// names holds registered names for the masks of broadcasts [BUSRT-O2]: a trie
// over their segments, so that a mask visits only what it can match, and
// nothing twice. The zero value is empty and ready. Everything is guarded by
// the caller's lock, match included.
//
// The names are at most as deep as their dots are many [BUSRT-H7], and so is
// the recursion; the length of a mask does not matter.
type names[T any] struct{ root nameNode[T] }

// nameNode is the name that ends here, if one does, and the longer ones. Most
// nodes are leaves, so they are small: a map only where there are children.
type nameNode[T any] struct {
	children map[string]*nameNode[T]
	value    T
	named    bool
}

// insert registers v under the name, in place of what was there. The name is
// kept, and must not be a view of bytes that change.
func (n *names[T]) insert(name string, v T) {
	at := &n.root
	for more := true; more; {
		var seg string
		seg, name, more = cut(name, maskSyntax.sep)
		next := at.children[seg]
		if next == nil {
			next = new(nameNode[T])
			if at.children == nil {
				at.children = make(map[string]*nameNode[T])
			}
			at.children[seg] = next
		}
		at = next
	}
	at.value, at.named = v, true
}

// remove takes the name away, if it is there.
func (n *names[T]) remove(name string) { n.root.remove(name) }

func (n *nameNode[T]) remove(name string) {
	seg, tail, more := cut(name, maskSyntax.sep)
	child := n.children[seg]
	if child == nil {
		return
	}
	if more {
		child.remove(tail)
	} else {
		var none T
		child.value, child.named = none, false
	}
	if child.named || child.children != nil {
		return
	}
	delete(n.children, seg)
	if len(n.children) == 0 {
		n.children = nil // a map does not shrink
	}
}

// match appends to dst the values of the names that the mask matches, each
// once, in no particular order. A mask without a wildcard is one name
// [BUSRT-O8]. Keeps no part of mask.
func (n *names[T]) match(mask string, dst []T) []T { return n.root.match(mask, dst) }

func (n *nameNode[T]) match(mask string, dst []T) []T {
	seg, tail, more := cut(mask, maskSyntax.sep)
	switch seg {
	case maskSyntax.rest:
		return n.below(dst)
	case maskSyntax.one:
		for _, child := range n.children {
			dst = child.follow(tail, more, dst)
		}
	default:
		if child := n.children[seg]; child != nil {
			dst = child.follow(tail, more, dst)
		}
	}
	return dst
}

// follow appends what the remainder of a mask matches from here on.
func (n *nameNode[T]) follow(tail string, more bool, dst []T) []T {
	if more {
		return n.match(tail, dst)
	}
	if n.named {
		dst = append(dst, n.value)
	}
	return dst
}

// below appends everything that has at least one more segment.
func (n *nameNode[T]) below(dst []T) []T {
	for _, child := range n.children {
		if child.named {
			dst = append(dst, child.value)
		}
		dst = child.below(dst)
	}
	return dst
}
