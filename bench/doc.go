// Package bench is a load generator for brokers. It gets its connections from
// a function, so that brokers behind sockets and in-process clients are measured
// alike, ours and others.
//
// # Vocabulary
//
// A [Stage] is one kind of work, repeated; [Stages] lists them. The first seven
// are those of the reference's benchmark, doing the same; pair is what they
// lack, one connection sending and another receiving. A worker does a stage's
// work on a connection of its own (in pair on two); a [Bench] is a set of
// workers that go through stages one after the other. [InProcess] lists the
// stages by which in-process clients are compared; their workers have up to five
// connections, and number their frames: whatever is not the frame whose turn it
// is fails the stage with an [OrderError]. An operation is one call,
// one frame sent, or, where a stage receives, one frame received. A [Result] is
// what came out of a stage.
//
// # What a figure means
//
// The clock of a stage runs from the moment when all workers are connected until
// the last of them is done. A stage that sends without acks is done when the
// broker has taken everything: its last frame asks for an ack, which is not
// counted. A stage that receives ends with one more frame to the receiver, which
// by [BUSRT-O7] comes last: what has not arrived by then is lost, and the stage
// fails with a [LossError] instead of waiting.
//
// Latencies are those of the whole operation as the caller sees it: a call until
// its reply, a send until its ack, a frame that is received from its send to the
// receiver's hands. Where nothing waits for acks, a send is timed until the
// client has buffered it, and only one operation in 64 is timed, for the clock
// would cost as much as the operation; so it is in the stages of [InProcess],
// those without an answer being timed as a whole only.
//
// # Goroutines
//
// A Bench belongs to one goroutine at a time. While a stage runs, each worker
// has one goroutine, or some if it also receives; all are gone when [Bench.Run]
// returns. Progress is reported on yet another one.
//
// Rule ids such as [BUSRT-O7] refer to docs/protocol.md.
package bench
