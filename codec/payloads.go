package codec

// The generated code is committed; MarshalMsg appends to a slice, UnmarshalMsg
// returns what is behind the value. Maps are named, keys in the order of the
// fields, integers as short as they can be, nil pointers present as nil.
//
//go:generate go tool msgp -file payloads.go -o payloads_gen.go -io=false -tests=false
//
// A list may claim more clients than there are bytes, and is allocated first:
//
//msgp:limit arrays:1048576

// TestResult is the result of the method test of .broker [BUSRT-C1].
type TestResult struct {
	OK bool `msg:"ok"`
}

// BrokerInfo is the result of info [BUSRT-C2].
type BrokerInfo struct {
	Author  string `msg:"author"`
	Version string `msg:"version"`
}

// BrokerStats is the result of stats [BUSRT-C3]: what the broker has taken in
// (r) and passed on (w) [BUSRT-O16].
type BrokerStats struct {
	Uptime  uint64 `msg:"uptime"` // seconds
	RFrames uint64 `msg:"r_frames"`
	RBytes  uint64 `msg:"r_bytes"`
	WFrames uint64 `msg:"w_frames"`
	WBytes  uint64 `msg:"w_bytes"`
}

// ClientInfo is an entry of a [ClientList].
type ClientInfo struct {
	Name      string  `msg:"name"`
	Kind      string  `msg:"kind"`   // internal, local_ipc, tcp or websocket
	Source    *string `msg:"source"` // ip:port, or nil
	Port      *string `msg:"port"`   // what was bound, nil in-process, empty for pre-opened streams
	RFrames   uint64  `msg:"r_frames"`
	RBytes    uint64  `msg:"r_bytes"`
	WFrames   uint64  `msg:"w_frames"`
	WBytes    uint64  `msg:"w_bytes"`
	Queue     uint64  `msg:"queue"`     // frames that wait to be written
	Instances uint32  `msg:"instances"` // secondaries + 1
}

// ClientList is the result of client.list [BUSRT-C4].
type ClientList struct {
	Clients []ClientInfo `msg:"clients"`
}

// ClientLost is the result of client.lost, beyond the reference: what the caller
// was to receive and did not get, as its queue was full.
type ClientLost struct {
	Lost []LostFrames `msg:"lost"`
}

// LostFrames are those lost for one reason, which has the broker's name for it.
type LostFrames struct {
	Reason string `msg:"reason"`
	Frames uint64 `msg:"frames"`
}

// DepartedList is the result of client.departed, beyond the reference: the
// clients that left last, the latest at the end.
type DepartedList struct {
	Clients []DepartedClient `msg:"clients"`
}

// DepartedClient is an entry of a [DepartedList].
type DepartedClient struct {
	Name   string    `msg:"name"`
	Kind   string    `msg:"kind"`
	Source *string   `msg:"source"` // ip:port, or nil
	Reason string    `msg:"reason"`
	Time   Timestamp `msg:"t"`
}

// What announcements say happened.
const (
	EventReg      = "reg"      // a primary came
	EventUnreg    = "unreg"    // a primary went
	EventShutdown = "shutdown" // the broker goes
	EventSlow     = "slow"     // a receiver is cut off or loses frames
)

// ClientAnnouncement is published on .broker/info [BUSRT-A1].
type ClientAnnouncement struct {
	Event  string    `msg:"s"` // EventReg or EventUnreg
	Client string    `msg:"d"`
	Time   Timestamp `msg:"t"`
}

// BrokerAnnouncement is published on .broker/warn [BUSRT-A2].
type BrokerAnnouncement struct {
	Event string    `msg:"s"` // EventShutdown
	Time  Timestamp `msg:"t"`
}

// SlowAnnouncement is published on .broker/slow [BUSRT-A5].
type SlowAnnouncement struct {
	Event  string    `msg:"s"` // EventSlow
	Client string    `msg:"d"`
	Reason string    `msg:"r"`
	Time   Timestamp `msg:"t"`
}
