package engine

// SlowPolicy is what becomes of a receiver that takes less than it is sent. No
// policy lets it delay what other receivers get.
type SlowPolicy uint8

const (
	// SlowDefault is the policy of whoever is asked next: the listener, the
	// broker, and then SlowPause.
	SlowDefault SlowPolicy = iota

	// SlowPause holds its senders back for a while, then cuts it off as
	// SlowDisconnect does [BUSRT-O17].
	SlowPause

	// SlowDisconnect cuts it off as soon as its queue is full [BUSRT-O12], as the
	// reference does.
	SlowDisconnect

	// SlowDropNew lets it lose the frames that find its queue full, and stay. The
	// sender of a message gets [codec.NotDelivered]; the loss is counted, and
	// announced once a second. The receiver may ask `.broker` with the method
	// client.lost.
	SlowDropNew
)
