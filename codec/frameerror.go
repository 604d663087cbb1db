package codec

// FrameError is why a frame ends its connection; it is never acked
// [BUSRT-F7]. Values are compared with == and are errors themselves.
type FrameError uint8

// What can be wrong with a frame. Zero is not an error.
const (
	BadOp    FrameError = iota + 1 // no such operation [BUSRT-F6]
	BadKind                        // no such kind of delivery [BUSRT-B6]
	TooLong                        // the body is longer than the limit [BUSRT-F8]
	NoTarget                       // no NUL behind a target, topic, receiver or sender [BUSRT-F4] [BUSRT-F5]
	NotText                        // one of these, or a topic in a list, is not UTF-8
)

// String gives a few words without prefix.
func (e FrameError) String() string {
	switch e {
	case BadOp:
		return "unknown operation"
	case BadKind:
		return "unknown kind of frame"
	case TooLong:
		return "frame too long"
	case NoTarget:
		return "frame without a target"
	case NotText:
		return "text in a frame is not UTF-8"
	default:
		return unknown("frame error", uint8(e))
	}
}

// Error is the message of e as an error.
func (e FrameError) Error() string { return "busrt: " + e.String() }
