package pubsub

import (
	"context"
	"slices"
	"sync"

	"github.com/busrt-go/busrt/codec"
)

// Publication is a publish, as its handler gets it.
type Publication struct {
	codec.Received

	// Pattern is the topic or prefix by which the handler was found; a handler
	// of several can tell them apart by it.
	Pattern string

	// Subtopic is the topic behind the prefix; empty if the topic is exact.
	Subtopic string
}

// Handler is what becomes of a publication. It has p for good, as far as its
// frame lives. ctx is that of [Mux.Dispatch].
type Handler func(ctx context.Context, p *Publication)

// To makes a Handler that sends to a channel, and waits while it is full, as
// long as ctx lasts. The channel is the caller's to close, when nothing is
// dispatched any more.
func To(ch chan<- Publication) Handler {
	return func(ctx context.Context, p *Publication) {
		select {
		case ch <- *p:
		case <-ctx.Done():
		}
	}
}

// Mux finds the handler of a publish: that of its exact topic, else that of the
// longest prefix of it. The zero value knows none. Methods may be called by any
// goroutine.
type Mux struct {
	// Rest takes the frames that nobody is found for, broadcasts and messages
	// among them; nil drops them. Set it before the first Dispatch.
	Rest func(ctx context.Context, f *codec.Received)

	mu       sync.RWMutex
	topics   map[string]Handler
	prefixes map[string]Handler
	lengths  []int // of prefixes, the longest first, each once
}

// Topic has h handle the publishes of a topic, or of several. A second handler
// of the same topic panics.
func (m *Mux) Topic(h Handler, topics ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, topic := range topics {
		add(&m.topics, "topic", topic, h)
	}
}

// Prefix has h handle the publishes whose topics begin with a text, or one of
// several, and that have no handler of their own or by a longer prefix. A prefix
// is plain text: "a" is one of "ab", "a/" is not, and the empty one is one of all.
// A second handler of the same prefix panics.
func (m *Mux) Prefix(h Handler, prefixes ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, prefix := range prefixes {
		add(&m.prefixes, "prefix", prefix, h)
		if !slices.Contains(m.lengths, len(prefix)) {
			m.lengths = append(m.lengths, len(prefix))
		}
	}
	slices.SortFunc(m.lengths, func(a, b int) int { return b - a })
}

func add(to *map[string]Handler, what, pattern string, h Handler) {
	if _, taken := (*to)[pattern]; taken {
		panic("busrt: two handlers for " + what + " " + pattern)
	}
	if *to == nil {
		*to = make(map[string]Handler)
	}
	(*to)[pattern] = h
}

// Dispatch calls the handler of a frame, or Rest, and returns when that does.
func (m *Mux) Dispatch(ctx context.Context, f *codec.Received) {
	h, pattern, subtopic := m.find(f)
	switch {
	case h != nil:
		h(ctx, &Publication{*f, pattern, subtopic})
	case m.Rest != nil:
		m.Rest(ctx, f)
	}
}

// find gives the handler of a frame, nil if there is none.
func (m *Mux) find(f *codec.Received) (h Handler, pattern, subtopic string) {
	if f.Kind != codec.KindPublish {
		return nil, "", ""
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if h, ok := m.topics[f.Topic]; ok {
		return h, f.Topic, ""
	}
	for _, n := range m.lengths {
		if n > len(f.Topic) {
			continue
		}
		if h, ok := m.prefixes[f.Topic[:n]]; ok {
			return h, f.Topic[:n], f.Topic[n:]
		}
	}
	return nil, "", ""
}
