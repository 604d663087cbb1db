// Package listeners holds the transports of the broker: unix sockets and TCP,
// served by event loops; TLS, WebSocket and streams that are open already, which
// have goroutines; and FIFOs. It moves bytes between connections and
// [engine.Session]; what the bytes mean is not its business. It is the only
// importer of gnet, and of that only the poller.
//
// # Vocabulary
//
// A [Group] is a set of event loops together with everything they listen on. A
// loop is one goroutine with a poller, an [engine.Shard] and the sockets it
// owns. A source is what a loop knows a descriptor by: a conn, which is the
// [engine.Transport] of one session, or an acceptor, which is a listening
// socket. Interest is what a poller watches a descriptor for; an event is its
// claim that something can be done there.
//
// A stream is a connection with goroutines, likewise the transport of one
// session. All streams of a group share the strand: a shard whose loop is whoever
// holds the strand's lock. Its outlet has what is written and not yet gone. A
// door is a listening socket whose guests have to shake hands, for TLS or HTTP,
// before they are streams.
//
// # Events are hints
//
// An event carries a number, nothing else. Its descriptor may have been closed
// since the batch was collected, or closed and given to a successor, or its
// interest may have changed. So the loop looks the number up, asks the session
// what it wants now, and acts on what read and write return. A hang-up or an
// error in an event never closes anything by itself.
//
// # Goroutines
//
// A descriptor is read, watched and closed by its own loop only. It is written
// by whoever holds the writer token of its session, on any goroutine, and closed
// with the token in hand: so no byte reaches the successor of a number. Nothing
// but the descriptor is touched by a write.
//
// What other goroutines want of a loop is a bit or a job it is called for; there
// is at most one call under way to each loop. No frame ever travels like that.
// One more goroutine ticks all loops and the strand, and each FIFO has one that
// reads it.
//
// A stream has a goroutine that reads it, without the lock, and then feeds its
// session under it; and, while there is something to write, one that writes. A
// write by others only copies into the outlet, as far as there is room. So
// nothing that is done under the lock waits for a peer.
//
// # Lifetime of slices
//
// A loop reads everything into one buffer; a session may look at it until
// [engine.Session.Received] returns.
//
// Linux is what this package is made and tested for; it builds for macOS and
// FreeBSD. Rule ids such as [BUSRT-F9] refer to docs/protocol.md.
package listeners
