package bustest

import "time"

// lookEvery is how often a wait looks.
const lookEvery = time.Millisecond

// WaitClient returns when a client of that name, its suffix included, is
// registered. The test ends if that takes more than 20 s; the same holds for
// the other waits.
func (b *Broker) WaitClient(name string) {
	b.tb.Helper()
	b.wait("client "+name, func() bool { return b.broker.Registered(name) })
}

// WaitGone returns when no client has that name: after a close it is free as
// soon as the broker has noticed.
func (b *Broker) WaitGone(name string) {
	b.tb.Helper()
	b.wait("the end of client "+name, func() bool { return !b.broker.Registered(name) })
}

// WaitSubscribed returns when somebody would receive what is published to the
// topic, by whatever pattern.
func (b *Broker) WaitSubscribed(topic string) {
	b.tb.Helper()
	b.wait("a subscriber of "+topic, func() bool { return b.broker.Subscribed(topic) })
}

func (b *Broker) wait(what string, done func() bool) {
	b.tb.Helper()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	late := time.After(patience)
	for !done() {
		select {
		case <-look.C:
		case <-late:
			b.tb.Fatalf("busrt: waited in vain for %s", what)
		}
	}
}
