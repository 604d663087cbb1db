package wiretest

import "github.com/busrt-go/busrt/codec"

// Frame is a frame from a client to the broker.
type Frame struct {
	Name   string
	Rule   string
	Wire   []byte
	Want   codec.Frame      // slices that are nil are empty
	Topics []string         // what is in the payload of operations 02…05
	Fault  codec.FrameError // why the connection ends; 0: it does not
}

// Encodable tells whether the append functions make this very wire of Want:
// not if it is faulty, nor if the protocol ignores some of its bytes.
func (f *Frame) Encodable() bool {
	return f.Fault == 0 && (f.Want.Op != codec.OpNop || f.Want.ID == 0 && f.Want.QoS == codec.QoSNo)
}

// Frames are frames of all kinds.
var Frames = []Frame{
	{Name: "ping", Rule: "BUSRT-F1", Wire: wire("00000000 00 00000000")},
	{
		Name: "ping with an id and a length", Rule: "BUSRT-F1", Wire: wire("07000000 00 FFFFFFFF"),
		Want: codec.Frame{ID: 7},
	},
	odd("processed nop", "01000000 40 01000000", "\x00", codec.Frame{ID: 1, QoS: codec.QoSProcessed}, 0),
	odd("realtime nop", "01000000 80 03000000", "x\x00y", codec.Frame{
		ID: 1, QoS: codec.QoSRealtime, Target: []byte("x"), Payload: []byte("y"),
	}, 0),
	odd("realtime processed nop, not text behind the NUL", "01000000 C0 02000000", "\x00\xFF", codec.Frame{
		ID: 1, QoS: codec.QoSRealtimeProcessed, Payload: []byte("\xFF"),
	}, 0),
	odd("nop with QoS and no body", "01000000 40 00000000", "", codec.Frame{}, codec.NoTarget),
	odd("nop with QoS, no NUL", "01000000 80 03000000", "abc", codec.Frame{}, codec.NoTarget),
	odd("nop with QoS, not text", "01000000 C0 03000000", "\xFF\x00a", codec.Frame{}, codec.NotText),

	list("one topic", "01000000 02 03000000", "a/b", codec.OpSubscribe, codec.QoSNo, "a/b"),
	list("no body", "01000000 42 00000000", "", codec.OpSubscribe, codec.QoSProcessed, ""),
	list("three topics", "01000000 43 09000000", "a/+\x00b\x00c/#", codec.OpUnsubscribe, codec.QoSProcessed, "a/+", "b", "c/#"),
	list("NUL at the end", "01000000 44 02000000", "a\x00", codec.OpExclude, codec.QoSProcessed, "a", ""),
	list("only a NUL", "01000000 05 01000000", "\x00", codec.OpUnexclude, codec.QoSNo, "", ""),
	list("NUL at the start", "01000000 82 03000000", "\x00ab", codec.OpSubscribe, codec.QoSRealtime, "", "ab"),
	list("topics that are not ASCII", "01000000 C2 0D000000", "Küche\x00温度", codec.OpSubscribe, codec.QoSRealtimeProcessed, "Küche", "温度"),
	bad("BUSRT-F3", "02", "a\x00\xFF", codec.NotText),
	bad("BUSRT-F3", "43", "\xC3", codec.NotText),
	bad("BUSRT-F3", "44", "\xC3\x00\xBC", codec.NotText), // the NUL parts what would be a character
	bad("BUSRT-F3", "05", "\xED\xA0\x80", codec.NotText), // a surrogate

	one("message", "01000000 12 06000000", "bob\x00hi", codec.OpMessage, codec.QoSNo, "bob", "hi"),
	one("message, processed", "FFFFFFFF 52 06000000", "bob\x00hi", codec.OpMessage, codec.QoSProcessed, "bob", "hi"),
	one("message, realtime", "04030201 92 06000000", "bob\x00hi", codec.OpMessage, codec.QoSRealtime, "bob", "hi"),
	one("message, both", "00000000 D2 06000000", "bob\x00hi", codec.OpMessage, codec.QoSRealtimeProcessed, "bob", "hi"),
	one("broadcast", "02000000 13 05000000", "a.*\x00x", codec.OpBroadcast, codec.QoSNo, "a.*", "x"),
	one("publish", "03000000 41 06000000", "a/b\x00\x01\x02", codec.OpPublish, codec.QoSProcessed, "a/b", "\x01\x02"),
	one("no payload", "01000000 12 04000000", "bob\x00", codec.OpMessage, codec.QoSNo, "bob", ""),
	one("no target", "01000000 12 03000000", "\x00hi", codec.OpMessage, codec.QoSNo, "", "hi"),
	one("neither", "01000000 01 01000000", "\x00", codec.OpPublish, codec.QoSNo, "", ""),
	one("the first NUL parts", "01000000 12 06000000", "b\x00\x00c\x00d", codec.OpMessage, codec.QoSNo, "b", "\x00c\x00d"),
	one("payload that is not text", "01000000 12 04000000", "b\x00\xFF\xFE", codec.OpMessage, codec.QoSNo, "b", "\xFF\xFE"),
	one("target of 7", "01000000 12 0A000000", "lab.tmp\x00\x80\x80", codec.OpMessage, codec.QoSNo, "lab.tmp", "\x80\x80"),
	one("target of 8", "01000000 12 0B000000", "lab.temp\x00\x80\x80", codec.OpMessage, codec.QoSNo, "lab.temp", "\x80\x80"),
	one("target of 9, no payload", "01000000 12 0A000000", "lab.temp1\x00", codec.OpMessage, codec.QoSNo, "lab.temp1", ""),
	one("target of 17", "01000000 12 13000000", "lab.floor3.temp.1\x00\x01", codec.OpMessage, codec.QoSNo, "lab.floor3.temp.1", "\x01"),
	one("target with a 01 before its NUL", "01000000 12 09000000", "ab\x01\x00cdefg", codec.OpMessage, codec.QoSNo, "ab\x01", "cdefg"),
	one("target that is not ASCII", "01000000 12 0D000000", "lab.Küche\x00\xFF\x00", codec.OpMessage, codec.QoSNo, "lab.Küche", "\xFF\x00"),
	one("target with DEL", "01000000 12 03000000", "\x7F\x00x", codec.OpMessage, codec.QoSNo, "\x7F", "x"),
	bad("BUSRT-F4", "12", "", codec.NoTarget),
	bad("BUSRT-F4", "52", "bob", codec.NoTarget),
	bad("BUSRT-F4", "13", "a longer target without its end", codec.NoTarget),
	bad("BUSRT-F4", "12", "\xFF", codec.NoTarget),
	bad("BUSRT-F4", "01", "\xFF\x00", codec.NotText),
	bad("BUSRT-F4", "12", "\x80\x00", codec.NotText), // the first byte that is not ASCII
	bad("BUSRT-F4", "12", "lab.tmp\x80\x00", codec.NotText),
	bad("BUSRT-F4", "12", "lab.temp\xFF\x00x", codec.NotText),
	bad("BUSRT-F4", "13", "\xC0\x80\x00", codec.NotText),         // a NUL in two bytes
	bad("BUSRT-F4", "41", "\xED\xA0\x80\x00", codec.NotText),     // a surrogate
	bad("BUSRT-F4", "41", "\xF4\x90\x80\x80\x00", codec.NotText), // behind the last character
	bad("BUSRT-F4", "12", "\xC3\x00\xBC", codec.NotText),         // half a character

	publishFor("to one client", "01000000 46 07000000", "a/b\x00c\x00d", codec.QoSProcessed, "a/b", "c", "d"),
	publishFor("no payload", "01000000 06 04000000", "a\x00b\x00", codec.QoSNo, "a", "b", ""),
	publishFor("nothing at all", "01000000 86 02000000", "\x00\x00", codec.QoSRealtime, "", "", ""),
	publishFor("NULs in the payload", "01000000 06 06000000", "a\x00b\x00\x00\xFF", codec.QoSNo, "a", "b", "\x00\xFF"),
	publishFor("long, not ASCII", "01000000 06 1B000000", "sensors/Küche\x00lab.floor3\x00\x80", codec.QoSNo, "sensors/Küche", "lab.floor3", "\x80"),
	bad("BUSRT-F5", "06", "", codec.NoTarget),
	bad("BUSRT-F5", "06", "a", codec.NoTarget),
	bad("BUSRT-F5", "06", "a\x00b", codec.NoTarget),
	bad("BUSRT-F5", "06", "\xFF\x00b\x00", codec.NotText),
	bad("BUSRT-F5", "06", "a\x00\xFF\x00", codec.NotText),

	header("the op behind the last low one", "BUSRT-F6", "01000000 07 00000000", codec.BadOp),
	header("the op before message", "BUSRT-F6", "01000000 11 00000000", codec.BadOp),
	header("the op behind broadcast", "BUSRT-F6", "01000000 54 05000000", codec.BadOp),
	header("the last op", "BUSRT-F6", "01000000 FF 00000000", codec.BadOp),
	header("an ack is no op", "BUSRT-F6", "01000000 FE 00000000", codec.BadOp),
	header("unknown op, endless body", "BUSRT-F6", "01000000 3F FFFFFFFF", codec.BadOp),
	header("a byte above the default limit", "BUSRT-F8", "01000000 12 01000001", codec.TooLong),
	header("the longest body there is", "BUSRT-F8", "01000000 42 FFFFFFFF", codec.TooLong),
	header("nop with QoS, too long", "BUSRT-F8", "01000000 40 FFFFFFFF", codec.TooLong),
}

// odd is a frame of operation 0 with QoS bits.
func odd(name, head, body string, want codec.Frame, fault codec.FrameError) Frame {
	want.BodyLen = len(body)
	return Frame{Name: name, Rule: "BUSRT-F2", Wire: wire(head, body), Want: want, Fault: fault}
}

// list is a frame of topics.
func list(name, head, body string, op codec.Op, q codec.QoS, topics ...string) Frame {
	return Frame{
		Name: op.String() + ", " + name, Rule: "BUSRT-F3", Wire: wire(head, body), Topics: topics,
		Want: codec.Frame{ID: 1, Op: op, QoS: q, Payload: []byte(body), BodyLen: len(body)},
	}
}

// one is a frame with a target and a payload; its id is read from the head.
func one(name, head, body string, op codec.Op, q codec.QoS, target, payload string) Frame {
	return Frame{
		Name: op.String() + ", " + name, Rule: "BUSRT-F4", Wire: wire(head, body),
		Want: codec.Frame{ID: idOf(head), Op: op, QoS: q, Target: []byte(target), Payload: []byte(payload), BodyLen: len(body)},
	}
}

func publishFor(name, head, body string, q codec.QoS, topic, receiver, payload string) Frame {
	f := one(name, head, body, codec.OpPublishFor, q, topic, payload)
	f.Rule, f.Want.Receiver = "BUSRT-F5", []byte(receiver)
	return f
}

// bad is a whole frame with something wrong in its body.
func bad(rule, flags, body string, fault codec.FrameError) Frame {
	head := append(wire("01000000"+flags), byte(len(body)), 0, 0, 0)
	return Frame{Name: fault.String() + ": " + flags, Rule: rule, Wire: append(head, body...), Fault: fault}
}

// header is one that no body may follow.
func header(name, rule, head string, fault codec.FrameError) Frame {
	return Frame{Name: name, Rule: rule, Wire: wire(head), Fault: fault}
}

// idOf reads the first four bytes.
func idOf(head string) uint32 {
	b := wire(head)
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}
