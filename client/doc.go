// Package client is a client of a BUS/RT-compatible broker over unix sockets, TCP,
// TLS and WebSocket.
//
// # Vocabulary
//
// A client is registered under a name; [Dial] connects and registers. It sends
// messages to a name, broadcasts to a mask of names, publishes to a topic, and
// receives the same as a [Frame]. A QoS that is processed asks for an ack, by
// which the broker says that the frame is queued for its receivers: methods wait
// for it, their Async forms give a [Confirm] to wait for later.
//
// Frames are received in one of four ways: one by one ([Client.Recv]), with a
// loop ([Client.Frames]), from a channel ([Client.C]), or all there are at once
// ([Client.RecvBatch]), which is the fast way. Several goroutines may share the
// first three; each frame goes to one of them.
//
// # Goroutines
//
// A client has two goroutines. The reader takes the stream apart: acks to whoever
// waits for them, frames to a queue. The writer's loop writes what may wait a
// little, and what the socket did not take at once; whatever must not wait is
// written by the goroutine that sends it, together with what others have sent
// meanwhile. A timer looks after pings and silence. A client that reconnects has
// a third goroutine for that. Methods may be called by any
// goroutine, but for those that say otherwise.
//
// If the application does not receive, the reader stops when the queue is full:
// then acks do not arrive either, calls end by their contexts, and in the end the
// broker holds back who sends to this client, or cuts it off.
//
// # Ends
//
// When the connection ends, whoever waits is told with a [DisconnectedError], or
// [ErrClosed] if it was Close; frames that came before can still be received.
// That is also the end of the client, unless it has [Options.Reconnect]: then it
// connects again, with all its subscriptions, and goes on receiving.
//
// A program that needs more than one connection, say for large transfers beside
// small messages, registers secondaries of its first one ([Client.Secondary]).
//
// # Lifetime of slices
//
// A payload that is sent is the caller's again when the method returns, also
// with the Async forms. A received frame is a copy that is the receiver's
// for good, except from RecvBatch, whose frames are views: texts and payloads, and
// the slice itself, die with the next call of RecvBatch. In builds with -race they
// are overwritten then.
//
// Rule ids such as [BUSRT-O5] refer to docs/protocol.md.
package client
