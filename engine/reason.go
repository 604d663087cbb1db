package engine

import "github.com/busrt-go/busrt/codec"

// reason says why a session ended, why something was denied to it, or why
// frames for it were lost. Each has a name, a counter and a place in the log.
type reason uint32

// Why sessions end.
const (
	reasonNone reason = iota
	reasonPeerLeft
	reasonGreeting
	reasonName
	reasonHelloLong
	reasonTaken
	reasonNoPrimary
	reasonForeign
	reasonHandshake
	reasonCrowded
	reasonFrame
	reasonSilent
	reasonSlowBody
	reasonStalled
	reasonQueueFull
	reasonMemory
	reasonRate
	reasonReplaced
	reasonPrimaryGone
	reasonShutdown
	reasonAborted
	reasonPanic
	reasonUnlisted
	reasonOrigin
	reasonCredential
	reasonForced
	reasonPeerLimit
	reasonConnectRate

	// Why an operation is denied.
	reasonMessage
	reasonBroadcast
	reasonPublish
	reasonSubscribe
	reasonReserved
	reasonTopicLong
	reasonTopicDeep
	reasonSubscriptions
	reasonExclusions
	reasonInterests
	reasons // their number
)

var reasonNames = [reasons]string{
	reasonNone:        "none",
	reasonPeerLeft:    "peer left",
	reasonGreeting:    "not a client of this protocol",
	reasonName:        "malformed name",
	reasonHelloLong:   "too many bytes before the name",
	reasonTaken:       "name in use",
	reasonNoPrimary:   "no primary client of that name",
	reasonForeign:     "primary client is somebody else's",
	reasonHandshake:   "handshake took too long",
	reasonCrowded:     "made room for another handshake",
	reasonFrame:       "malformed frame",
	reasonSilent:      "sent nothing for too long",
	reasonSlowBody:    "frame took too long",
	reasonStalled:     "took nothing for too long",
	reasonQueueFull:   "queue full",
	reasonMemory:      "broker short of memory",
	reasonRate:        "too many frames a second",
	reasonReplaced:    "name taken over",
	reasonPrimaryGone: "primary client left",
	reasonShutdown:    "shutdown",
	reasonAborted:     "aborted",
	reasonPanic:       "panic in the broker",
	reasonUnlisted:    "name not in the access map",
	reasonOrigin:      "name not allowed from there",
	reasonCredential:  "name not allowed by its credential",
	reasonForced:      "disconnected by force",
	reasonPeerLimit:   "too many connections of one peer",
	reasonConnectRate: "too many connections a second of one peer",

	reasonMessage:       "message not allowed",
	reasonBroadcast:     "broadcast not allowed",
	reasonPublish:       "publish not allowed",
	reasonSubscribe:     "subscription not allowed",
	reasonReserved:      "topic of the broker",
	reasonTopicLong:     "topic too long",
	reasonTopicDeep:     "topic too deep",
	reasonSubscriptions: "too many subscriptions",
	reasonExclusions:    "too many exclusions",
	reasonInterests:     "subscriptions take too much memory",
}

// String gives the reason as the log and announcements name it.
func (r reason) String() string { return reasonNames[r] }

// Error is the reason as an in-process client is told.
func (r reason) Error() string { return "busrt: " + r.String() }

// Is tells that a shutdown is [ErrShutdown].
func (r reason) Is(target error) bool { return r == reasonShutdown && target == ErrShutdown }

// ordinary tells that sessions end for the reason every day.
func (r reason) ordinary() bool {
	switch r {
	case reasonPeerLeft, reasonShutdown, reasonPrimaryGone, reasonReplaced:
		return true
	default:
		return false
	}
}

// status is the code that answers a denied operation.
func (r reason) status() codec.Status {
	switch {
	case r == reasonNone:
		return codec.OK
	case r >= reasonTopicLong:
		return codec.Data
	default:
		return codec.AccessDenied
	}
}

// refusal is the reason for a code of the registry.
func refusal(code codec.Status) reason {
	switch code {
	case codec.NotRegistered:
		return reasonNoPrimary
	case codec.AccessDenied:
		return reasonForeign
	default:
		return reasonTaken
	}
}
