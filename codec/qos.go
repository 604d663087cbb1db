package codec

// QoS is the top two bits of a frame's flags: what the sender asks for.
type QoS uint8

// The four values of the two bits.
const (
	QoSNo                QoS = iota
	QoSProcessed             // wants an ack
	QoSRealtime              // writers flush at once
	QoSRealtimeProcessed     // both
)

// NeedsAck tells whether the sender wants an ack [BUSRT-O11].
func (q QoS) NeedsAck() bool { return q&1 != 0 }

// Realtime tells whether writers shall flush at once on every hop [BUSRT-O15].
func (q QoS) Realtime() bool { return q&2 != 0 }
