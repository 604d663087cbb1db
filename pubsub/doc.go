// Package pubsub hands publishes that were received to those in the program
// whom they concern, by topic.
//
// A [Mux] knows topics and prefixes of topics, each with a [Handler]: a function,
// or a channel. It takes frames from wherever they are received: from a client,
// or as the OnFrame of an RPC handler. What a program subscribes to at the broker
// is its own affair; a Mux only distributes what comes.
//
// # Goroutines and lifetime of slices
//
// A Mux has no goroutine: handlers run in [Mux.Dispatch], on whatever goroutine
// calls it, and may be registered while it runs. A [Publication] has the strings
// and the payload of the frame that was dispatched and lives as long: frames of
// Recv, Frames and C and those that RPC handlers get are safe to keep, those of
// RecvBatch are not and need a Clone before they go into a channel.
package pubsub
