// Package engine is the broker itself: names, subscriptions, routing, queues,
// flow control, timers and the broker's own RPC. It never sees a socket; a
// transport hands it bytes and is asked to write bytes.
//
// # Vocabulary
//
// A peer is what routing sees of a receiver: a name, an outbox, counters. A
// [Session] is a peer with a transport behind it. A [Shard] is the state that
// one event loop owns: its sessions, its staging area, its match caches, its
// timer wheel, its mailbox. Staging is where the frames of one event wait,
// encoded, until the event is over; the hand-over then moves them to the
// outboxes of their receivers and writes to those that are idle. An outbox is
// a list of byte segments and a writer token.
//
// # Goroutines
//
// A shard's methods, and those of its sessions, are called on the shard's own
// goroutine ("loop only") unless they say otherwise. Routing reads the
// registry, the subscriptions and the match caches without a lock. Anybody may
// append to an outbox; whoever holds its writer token writes. Everything a
// foreign goroutine wants of a session's owner travels as a bit in the
// session's wish word and one entry in the shard's mailbox.
//
// # Access
//
// A listener may have an [AAAMap], in [Settings]: who may connect and, by an
// [Access], what they may do. A session holds its entry; nothing is looked up
// per frame. docs/security.md says what that proves and what not.
//
// # Lifetime of slices
//
// Bytes given to [Session.Received] are the engine's until the call returns;
// it keeps copies of what it needs later. Slices that the engine passes to
// [Transport.Write] are valid during that call only.
//
// Rule ids such as [BUSRT-O5] refer to docs/protocol.md.
package engine
