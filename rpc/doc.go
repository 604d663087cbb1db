// Package rpc is RPC over the bus: calls, their replies and notifications are
// payloads of messages from one client to another.
//
// # Vocabulary
//
// A [Bus] is a client of the broker, over a socket or in-process. A [Conn] calls
// methods of other clients through it, by the name of the client and of the
// method, and has a [Handler] answer the calls that come. A call that wants no
// reply is a call0; a notification has no method either. Params and results are
// bytes, MessagePack by convention: [Call] and [Typed] take types that have it.
// A failed call is an [Error] with a code; codes of the bus itself, such as
// [codec.NotRegistered], are found in it with errors.Is.
//
// Broadcasts and publishes are not RPC; the handler gets them as frames. Messages
// that are not RPC are dropped.
//
// # Goroutines
//
// A Conn has a goroutine that receives and sorts, and one that waits for the end
// of the bus. Handlers run on others: calls up to [Options.MaxConcurrent] at
// once, notifications and frames one after the other in the order they came. So a
// handler may wait and may call; with a bus that has a Tap its reply comes even
// if everything else is full. [Options] has other orders, and [Options.Inline].
//
// A handler that panics ends the program, unless [Recover] is around it. It and
// what else goes around handlers is [Middleware].
//
// # Ends
//
// A bus may connect again when its connection has ended. The Conn lives as long
// as the bus: calls that are under way at the cut fail with the error of the bus,
// contexts of handlers go on, and their replies go over the next connection.
//
// # Lifetime of slices
//
// What a method is given is the caller's again when it returns. Results, and
// what a handler is given, are copies that are the receiver's for good. The
// result a handler returns must not change until its Conn has sent it: a slice
// of its own, or of what it was given.
//
// Rule ids such as [BUSRT-R2] refer to docs/protocol.md.
package rpc
