package codec

// Status is a result code of the protocol: the last byte of an ack [BUSRT-B2],
// or a byte of the broker in the handshake. It is the error as well: statuses
// are compared with ==, found with errors.Is, and turned into an error by
// [Status.Err], so that OK is never a non-nil error.
type Status uint8

// The result codes; any other value is a code that this version does not know.
const (
	OK            Status = 0x01
	NotRegistered Status = 0x71 // no such client
	Data          Status = 0x72 // the peer sent what is not allowed
	IO            Status = 0x73
	Other         Status = 0x74
	NotSupported  Status = 0x75 // wrong greeting or version
	Busy          Status = 0x76 // the name is taken
	NotDelivered  Status = 0x77 // the receiver's queue was full
	Timeout       Status = 0x78
	AccessDenied  Status = 0x79
)

// String gives a few words without prefix.
func (s Status) String() string {
	switch s {
	case OK:
		return "ok"
	case NotRegistered:
		return "not registered"
	case Data:
		return "data error"
	case IO:
		return "I/O error"
	case Other:
		return "other error"
	case NotSupported:
		return "not supported"
	case Busy:
		return "busy"
	case NotDelivered:
		return "not delivered"
	case Timeout:
		return "timeout"
	case AccessDenied:
		return "access denied"
	default:
		return unknown("status", uint8(s))
	}
}

// Error is the message of s as an error.
func (s Status) Error() string { return "busrt: " + s.String() }

// Err is s as an error, nil for OK.
func (s Status) Err() error {
	if s == OK {
		return nil
	}
	return s
}

// Fatal tells whether the connection is over after s whenever it comes: the
// codes that no ack carries, only the refusal of a handshake, and I/O. While
// the handshake lasts every code but OK is final [BUSRT-H2] [BUSRT-H4]; as
// acks, NotRegistered, NotDelivered and AccessDenied concern one operation.
func (s Status) Fatal() bool {
	switch s {
	case Data, IO, NotSupported, Busy:
		return true
	default:
		return false
	}
}

// RPCCode is s as the code of an RPC error [BUSRT-R5].
func (s Status) RPCCode() int16 { return -32000 - int16(s) }

// unknown names a code that has no name, as in "op 3Fh".
func unknown(what string, code uint8) string {
	const digits = "0123456789ABCDEF"
	return what + " " + string([]byte{digits[code>>4], digits[code&15], 'h'})
}
