package wiretest

import "github.com/busrt-go/busrt/codec"

// Delivery is a frame from the broker to a client.
type Delivery struct {
	Name  string
	Rule  string
	Wire  []byte
	Want  codec.Delivery   // slices that are nil are empty
	Fault codec.FrameError // why the client gives the connection up; 0: it does not
}

// MaxBody is the limit, in bytes, that the faults of [Deliveries] are about.
const MaxBody = 1 << 20

// Deliveries are deliveries of all kinds.
var Deliveries = []Delivery{
	{Name: "nop", Rule: "BUSRT-B1", Wire: wire("00 00000000 00")},
	ack("ok", "FE 01000000 01", 1, codec.OK),
	ack("not delivered", "FE 04030201 77", 0x01020304, codec.NotDelivered),
	ack("denied, the last id", "FE FFFFFFFF 79", 0xFFFFFFFF, codec.AccessDenied),
	ack("a code that nobody knows", "FE 07000000 FF", 7, codec.Status(0xFF)),

	sent("message", "12 06000000 00", "bob\x00hi", codec.Delivery{
		Kind: codec.KindMessage, Sender: []byte("bob"), Payload: []byte("hi"),
	}),
	sent("message, realtime", "12 06000000 01", "bob\x00hi", codec.Delivery{
		Kind: codec.KindMessage, Realtime: true, Sender: []byte("bob"), Payload: []byte("hi"),
	}),
	sent("message, empty", "12 04000000 00", "bob\x00", codec.Delivery{
		Kind: codec.KindMessage, Sender: []byte("bob"),
	}),
	sent("message of a secondary, NULs in it", "12 0B000000 00", "bob%%12\x00\x00\xFF\x00", codec.Delivery{
		Kind: codec.KindMessage, Sender: []byte("bob%%12"), Payload: []byte("\x00\xFF\x00"),
	}),
	sent("broadcast", "13 0D000000 00", "lab.Küche\x00hi", codec.Delivery{
		Kind: codec.KindBroadcast, Sender: []byte("lab.Küche"), Payload: []byte("hi"),
	}),
	sent("publish", "01 0A000000 00", "bob\x00a/b\x00hi", codec.Delivery{
		Kind: codec.KindPublish, Sender: []byte("bob"), Topic: []byte("a/b"), Payload: []byte("hi"),
	}),
	sent("publish, realtime, to the empty topic", "01 06000000 01", "bob\x00\x00x", codec.Delivery{
		Kind: codec.KindPublish, Realtime: true, Sender: []byte("bob"), Payload: []byte("x"),
	}),
	sent("publish, empty", "01 08000000 00", "bob\x00a/b\x00", codec.Delivery{
		Kind: codec.KindPublish, Sender: []byte("bob"), Topic: []byte("a/b"),
	}),

	misread("a kind too low", "BUSRT-B6", "02 00000000 00", "", codec.BadKind),
	misread("publish_for is no kind", "BUSRT-B6", "06 00000000 00", "", codec.BadKind),
	misread("the last kind", "BUSRT-B6", "FF FFFFFFFF 00", "", codec.BadKind),
	misread("too long", "BUSRT-F8", "12 01001000 00", "", codec.TooLong),
	misread("the longest body there is", "BUSRT-F8", "01 FFFFFFFF 00", "", codec.TooLong),
	misread("no body", "BUSRT-B9", "12 00000000 00", "", codec.NoTarget),
	misread("sender without its end", "BUSRT-B3", "13 03000000 00", "bob", codec.NoTarget),
	misread("topic without its end", "BUSRT-B4", "01 07000000 00", "bob\x00a/b", codec.NoTarget),
	misread("sender that is not text", "BUSRT-B3", "12 03000000 00", "\xFF\x00x", codec.NotText),
	misread("topic that is not text", "BUSRT-B4", "01 06000000 00", "bob\x00\xFF\x00", codec.NotText),
}

func ack(name, wired string, id uint32, code codec.Status) Delivery {
	return Delivery{
		Name: "ack, " + name, Rule: "BUSRT-B2", Wire: wire(wired),
		Want: codec.Delivery{Kind: codec.KindAck, ID: id, Code: code},
	}
}

// sent is what a client sent to another.
func sent(name, head, body string, want codec.Delivery) Delivery {
	rule := "BUSRT-B3"
	if want.Kind == codec.KindPublish {
		rule = "BUSRT-B4"
	}
	return Delivery{Name: name, Rule: rule, Wire: wire(head, body), Want: want}
}

func misread(name, rule, head, body string, fault codec.FrameError) Delivery {
	return Delivery{Name: name, Rule: rule, Wire: wire(head, body), Fault: fault}
}
