// Package codec is the BUS/RT wire format, protocol version 1: bytes in, views
// out, and append functions for the way back. It knows what bytes mean, not
// what a broker does with them.
//
// # Vocabulary
//
// A [Frame] goes from a client to the broker: a header of 9 bytes and a body
// whose form depends on the operation ([Op]). A [Delivery] goes from the broker
// to a client: a header of 6 bytes and a body whose form depends on the [Kind].
// The two share nothing but a few numbers. A [QoS] says whether the sender
// wants an ack and whether writers shall flush at once. A [Status] is the code
// of an ack or of a handshake's answer, and at the same time the Go error. The
// handshake comes before the first frame: greetings, then the client's hello,
// which is its name. An [RPC] is a header inside the payload of a message from
// one client to another; the core RPC is what the broker itself answers.
//
// # Functions
//
// AppendX encodes X behind dst and returns the longer slice, as append does.
// Next, NextX and ConsumeX read one X from the start of a buffer and tell how
// many bytes it took, 0 when it is not whole; they never wait, never keep what
// they are given and read nothing behind it. ParseX is given exactly one X. All
// integers are little-endian, except in MessagePack.
//
// # Goroutines
//
// Nothing here has state, locks or starts a goroutine: any goroutine may call
// anything with bytes of its own.
//
// # Lifetime of slices
//
// Every []byte that comes out is a view of the bytes that went in and lives as
// long as they do, unless its comment says otherwise; its capacity ends with
// it, so that appending to it copies. Strings are copies.
//
// On the way of a frame nothing allocates: [Decoder.Next], [NextDelivery],
// [Topics], [ParseRPC] and the append functions of frames, deliveries and RPC
// headers, given room in dst.
//
// Rule ids such as [BUSRT-F3] refer to docs/protocol.md.
package codec
