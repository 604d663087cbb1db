package engine

import "net/netip"

// Transport is what a session needs of the connection behind it.
type Transport interface {
	// Write passes on as many bytes as it can without waiting. n less than the
	// sum of bufs with a nil error means that it takes no more for now. Called
	// by whoever holds the writer token, on any goroutine, one at a time.
	Write(bufs [][]byte) (n int, err error)

	// Settle brings the transport in line with [Session.WantsRead] and
	// [Session.WantsWrite] after the engine acted by itself. Loop only.
	Settle()

	// HungUp tells, without reading, whether the peer has closed its sending
	// side [BUSRT-H11]. Loop only.
	HungUp() bool

	// ReadOut reads and feeds the session until the stream ends, which it does
	// as the peer has hung up [BUSRT-H11]. A transport that reads by itself, as
	// long as [Session.WantsRead], need not do anything. Loop only.
	ReadOut()

	// Unsent is the number of bytes written that the peer's host has not
	// acknowledged yet, 0 if unknown [BUSRT-B7]. Loop only.
	Unsent() int

	// Close gives the connection up; reset asks for an abortive close, so that
	// no peer takes a cut frame for a whole one [BUSRT-B7]. Called once, on the
	// loop, by the holder of the writer token.
	Close(reset bool)
}

// Kind is the sort of transport a client came by, as `client.list` shows it
// [BUSRT-C4].
type Kind string

// The kinds of clients [BUSRT-C4].
const (
	KindInternal  Kind = "internal"
	KindLocalIPC  Kind = "local_ipc"
	KindTCP       Kind = "tcp"
	KindWebSocket Kind = "websocket"
)

// Identity says who a connection's peer is [BUSRT-H9]: a user on this host or
// an address, and what it has shown. Two zero UIDs of different kinds never
// meet, as Addr differs.
type Identity struct {
	UID        uint32     // unix sockets: the peer's user id
	Addr       netip.Addr // networks: the peer's address, IPv4-mapped ones unmapped; zero on unix sockets
	Credential string     // tells the token or certificate that was shown from others; empty without
}

// Peer describes a connection to [Shard.Attach].
type Peer struct {
	Kind     Kind     // of transport
	Identity Identity // whose secondaries it may take [BUSRT-H9]
	GID      uint32   // unix sockets: the peer's group id
	PID      int32    // unix sockets: the peer's process id; 0: unknown
	Source   string   // "ip:port" or empty
	Port     *string  // the bind string as it was given, shared by all its connections
	Names    []string // the primary names that its credential allows; nil: any

	// Settings of the listener it came by; nil: those of the broker.
	Settings *Settings
}
