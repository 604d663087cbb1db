package cursors

import (
	"github.com/google/uuid"
	"github.com/tinylib/msgp/msgp"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

//go:generate go tool msgp -file payload.go -o payload_gen.go -io=false -tests=false

// The methods that every cursor answers, by convention.
const (
	MethodNext     = "N"
	MethodNextBulk = "NB"
)

// Payload names a cursor: the result of a method that opens one, and the params
// of N and NB.
type Payload struct {
	ID   [16]byte `msg:"u"`           // a UUID
	Rows *uint64  `msg:"n,omitempty"` // of NB only, how many are wanted; nil is one
}

// parse reads params.
func parse(params []byte) (id uuid.UUID, rows uint64, err error) {
	var p Payload
	if _, err := p.UnmarshalMsg(params); err != nil {
		return id, 0, &rpc.Error{Code: codec.RPCInvalidParams, Data: err.Error()}
	}
	rows = 1
	if p.Rows != nil {
		rows = *p.Rows
	}
	return p.ID, rows, nil
}

// one tells whether b is a MessagePack value and nothing else.
func one(b []byte) bool {
	rest, err := msgp.Skip(b)
	return err == nil && len(rest) == 0
}
