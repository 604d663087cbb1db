package codec

import "context"

// Confirm is the outcome to come of a frame that a client has sent: its ack
// [BUSRT-B2]. Clients give one, whatever the way they reach the broker by. The
// zero value is that of a frame without an ack.
type Confirm struct {
	acks   Acks
	id     uint32
	status Status // without acks: the outcome, or 0
}

// Acks is where a client keeps the acks that are to come.
type Acks interface {
	// WaitAck gives the outcome of the operation that id stands for.
	WaitAck(ctx context.Context, id uint32) error
}

// Expect makes the Confirm of an ack to come.
func Expect(acks Acks, id uint32) Confirm { return Confirm{acks: acks, id: id} }

// Confirmed makes a Confirm whose outcome is known.
func Confirmed(s Status) Confirm { return Confirm{status: s} }

// Wait gives the outcome of the operation: nil, the [Status] of the ack, why the
// connection ended, or the error of ctx; only after the last it may be called
// again. One goroutine at a time.
func (c Confirm) Wait(ctx context.Context) error {
	switch {
	case c.acks != nil:
		return c.acks.WaitAck(ctx, c.id)
	case c.status == 0:
		return nil
	default:
		return c.status.Err()
	}
}
