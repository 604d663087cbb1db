package engine

// reason says why a session ended.
type reason uint32

const (
	reasonNone reason = iota
	reasonPeerLeft
	reasonGreeting
	reasonName
	reasonRefused
	reasonHandshake
	reasonFrame
	reasonSilent
	reasonSlowBody
	reasonStalled
	reasonQueueFull
	reasonReplaced
	reasonPrimaryGone
	reasonShutdown
	reasonAborted
	reasonUnlisted
	reasonOrigin
	reasonCredential
	reasonForced
	reasons // their number
)

var reasonNames = [reasons]string{
	reasonNone:        "none",
	reasonPeerLeft:    "peer left",
	reasonGreeting:    "not a client of this protocol",
	reasonName:        "malformed name",
	reasonRefused:     "registration refused",
	reasonHandshake:   "handshake took too long",
	reasonFrame:       "malformed frame",
	reasonSilent:      "sent nothing for too long",
	reasonSlowBody:    "frame took too long",
	reasonStalled:     "took nothing for too long",
	reasonQueueFull:   "queue full",
	reasonReplaced:    "name taken over",
	reasonPrimaryGone: "primary client left",
	reasonShutdown:    "shutdown",
	reasonAborted:     "aborted",
	reasonUnlisted:    "name not in the access map",
	reasonOrigin:      "name not allowed from there",
	reasonCredential:  "name not allowed by its credential",
	reasonForced:      "disconnected by force",
}

// String gives the reason as the log and announcements name it.
func (r reason) String() string { return reasonNames[r] }

// Error is the reason as an in-process client is told.
func (r reason) Error() string { return "busrt: " + r.String() }

// Is tells that a shutdown is [ErrShutdown].
func (r reason) Is(target error) bool { return r == reasonShutdown && target == ErrShutdown }
