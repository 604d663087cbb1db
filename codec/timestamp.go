package codec

import "github.com/tinylib/msgp/msgp"

// Timestamp is nanoseconds since 1970 in MessagePack: always a 64-bit unsigned
// integer, while other integers are as short as they can be [BUSRT-A1].
//
//	CF | [8]byte, big-endian
type Timestamp uint64

const codeUint64 = 0xCF

// MarshalMsg appends t to b. It does not fail.
func (t Timestamp) MarshalMsg(b []byte) ([]byte, error) {
	return append(b, codeUint64, byte(t>>56), byte(t>>48), byte(t>>40), byte(t>>32),
		byte(t>>24), byte(t>>16), byte(t>>8), byte(t)), nil
}

// UnmarshalMsg reads t from the start of b, an integer of whatever width, and
// returns what is behind it.
func (t *Timestamp) UnmarshalMsg(b []byte) ([]byte, error) {
	u, rest, err := msgp.ReadUint64Bytes(b)
	if err != nil {
		return b, err
	}
	*t = Timestamp(u)
	return rest, nil
}

// Msgsize is how many bytes MarshalMsg appends.
func (t Timestamp) Msgsize() int { return msgp.Uint64Size }
