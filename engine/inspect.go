package engine

import "context"

// What tests and supervisors wait for. Any goroutine; a moment later both may
// be otherwise.

// Registered tells whether a client has the name, its suffix included.
func (b *Broker) Registered(name string) bool {
	_, ok := b.names.Load(name)
	return ok
}

// Subscribed tells whether somebody would receive what is published to the
// topic now: it has a subscriber who does not exclude it [BUSRT-O3]
// [BUSRT-O10]. The subscription that every client has from the beginning,
// `.broker/warn` [BUSRT-O9], does not count.
func (b *Broker) Subscribed(topic string) bool { return len(b.matchTopic(topic)) > 0 }

// Vacant returns nil once there is no connection, those that shake hands among
// them, or the error of ctx if that ends before. In-process clients do not count.
func (b *Broker) Vacant(ctx context.Context) error { return b.sessions.wait(ctx) }
