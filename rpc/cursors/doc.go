// Package cursors gives long results row by row, or in bulks, through the
// methods N and NB (docs/protocol.md, section 13).
//
// # Vocabulary
//
// Who has the rows keeps a [Map] of open cursors and answers a method of his own
// with a new one ([Map.Open]); what he answers is a [Payload] with the id of the
// cursor. Who wants the rows calls that method with [Open] and goes through them
// with [Cursor.Rows] or [Rows]. Rows are MessagePack values by convention; in
// bulks they have to be.
//
// Nobody closes a cursor over the bus: one that is not called for its time to
// live expires, and so does one whose caller has gone. A [Source] is closed when
// its last row was given, when it fails, when its cursor expires, and with the
// Map.
//
// # Goroutines and lifetime of slices
//
// Methods of a Map may be called by any goroutine; each of its cursors serves one
// call after the other. A [Cursor] is for one goroutine at a time. Rows that a
// caller gets are his for good.
package cursors
