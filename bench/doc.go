// Package bench is a load generator for brokers. It gets its connections from
// a function, so that brokers behind sockets and in-process clients are measured
// alike, ours and others.
//
// # Vocabulary
//
// A [Stage] is one kind of work, repeated; [Stages] lists them. The first seven
// are those of the reference's benchmark, doing the same; the others are what
// they lack: they count what was delivered, keep senders within a window of
// their receivers, or look at connecting and subscribing. A [Case] is a stage
// with its parameters. A worker does a stage's work on a connection of its own,
// or on several; a [Bench] is a set of workers that go through stages one after
// the other, and may have a crowd around it, clients that are only there.
// Streams without acks need less than a client: with [Options.Stream] they run on
// connections that do less, so that the broker is measured and not they.
// [InProcess] lists the stages by which in-process clients are compared; their
// frames are numbered: whatever is not the frame whose turn it is fails the
// stage with an [OrderError]. An operation is one call, one frame sent, or, where
// a stage receives, one frame received by one of its receivers. A [Result] is
// what came out of a stage.
//
// # What a figure means
//
// The clock of a stage runs from the moment when all workers are connected until
// the last of them is done. A stage that sends without acks is done when the
// broker has taken everything: its last frame asks for an ack, which is not
// counted. A stage that receives ends with one more frame to each receiver, which
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
// In a closed loop a worker begins an operation when the one before is done, so
// a broker that stalls is not asked meanwhile, and the stall is one latency. With
// [Options.Rate] the loop is open: operations begin when a schedule says so, all
// are timed, from then on, and a stall is in the latency of each operation that
// should have begun in it. CPU of the broker is that of its whole process, as the
// kernel counts it in nanoseconds; that of the load generator stands beside it,
// because on the same cores it is what the broker had to do without.
//
// # Goroutines
//
// A Bench belongs to one goroutine at a time. While a stage runs, each worker
// has one goroutine, or some if it also receives; all are gone when [Bench.Run]
// returns. Progress is reported on yet another one.
//
// Rule ids such as [BUSRT-O7] refer to docs/protocol.md.
package bench
