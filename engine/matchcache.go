package engine

import "strings"

// Bounds of a match cache; a cache that meets one is emptied.
const (
	cacheEntries = 4096
	cacheBytes   = 1 << 20
)

// matchCache remembers who receives a topic, or a mask, for one generation of
// the subscriptions, or of the names. A filler reads the generation before it
// walks, and whoever changes the tree bumps the generation before it acks: an
// entry is never older than the last acked change [BUSRT-O7]. Loop only.
type matchCache struct {
	generation uint64
	entries    map[string][]*peer
	bytes      int
}

// find returns the receivers of key in the given generation. The slice is
// immutable and stays valid.
func (c *matchCache) find(key []byte, generation uint64) (receivers []*peer, ok bool) {
	if c.generation != generation {
		c.reset(generation)
		return nil, false
	}
	receivers, ok = c.entries[string(key)]
	return receivers, ok
}

func (c *matchCache) put(key string, receivers []*peer) {
	if len(c.entries) >= cacheEntries || c.bytes+len(key) > cacheBytes {
		c.reset(c.generation)
	}
	if c.entries == nil {
		c.entries = make(map[string][]*peer)
	}
	key = strings.Clone(key)
	c.entries[key] = receivers
	c.bytes += len(key) + 8*len(receivers)
}

func (c *matchCache) reset(generation uint64) {
	clear(c.entries)
	c.generation, c.bytes = generation, 0
}
