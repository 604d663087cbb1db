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
// # Embedding
//
// A program that holds the broker makes one with [New], has its listeners serve
// it (package listeners), and joins with clients of its own: [Broker.Register]
// gives a [Client], which has the methods and the semantics of one over a socket
// but no socket. What one in-process client sends to another is copied once, into
// the queue of the receiver, by the goroutine that sends it; what it sends to a
// socket is written by that goroutine as well, if nobody else is writing there.
// Methods of a Client may be called by any goroutine, and wait inside the call for
// receivers that are behind [BUSRT-O17], as long as their context lasts. Nobody
// waits for a client that does not receive: it loses what its queue has no room
// for, and [Client.Lost] tells [BUSRT-O13].
//
// [Broker.InitCoreRPC] makes the client `.broker`, with the methods of the
// protocol and those that [Broker.Handle] adds; without it messages to `.broker`
// get [codec.NotRegistered]. [Broker.Clients] and [Broker.Stats] show what is
// going on, [Broker.ForceDisconnect] ends a client, [Broker.Shutdown] all of them.
//
// Errors are values of [codec.Status] as an ack has them, [codec.ErrClosed] and
// [codec.DisconnectedError] for clients that have ended, a [codec.FrameError] or
// [codec.ErrNUL] for what cannot be sent, and those of contexts.
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
// [Transport.Write] are valid during that call only. A payload that an in-process
// client sends is the caller's again when the call returns. What it receives is a
// copy of its own, but for [Client.RecvBatch], whose views die with the next one;
// in builds with -race they are overwritten then.
//
// Rule ids such as [BUSRT-O5] refer to docs/protocol.md.
package engine
