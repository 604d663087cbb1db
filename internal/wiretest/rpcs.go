package wiretest

import "github.com/busrt-go/busrt/codec"

// RPC is the payload of a message.
type RPC struct {
	Name string
	Rule string
	Wire []byte
	Want codec.RPC // slices that are nil are empty
	OK   bool      // false: it is dropped
}

// RPCs are payloads of all kinds.
var RPCs = []RPC{
	{"notification", "BUSRT-R1", wire("00", "hi"), codec.RPC{Data: []byte("hi")}, true},
	{"notification, empty", "BUSRT-R1", wire("00"), codec.RPC{}, true},
	{"request", "BUSRT-R2", wire("01 04030201", "info\x00\x80"), codec.RPC{
		Kind: codec.RPCRequest, ID: 0x01020304, Method: []byte("info"), Data: []byte{0x80},
	}, true},
	{"request without params, no reply wanted", "BUSRT-R2", wire("01 00000000", "test\x00"), codec.RPC{
		Kind: codec.RPCRequest, Method: []byte("test"),
	}, true},
	{"request of the empty method", "BUSRT-C6", wire("01 07000000 00"), codec.RPC{Kind: codec.RPCRequest, ID: 7}, true},
	{"request, method not text", "BUSRT-C6", wire("01 07000000", "\xFF\x00"), codec.RPC{
		Kind: codec.RPCRequest, ID: 7, Method: []byte("\xFF"),
	}, true},
	{"request, NULs in the params", "BUSRT-R2", wire("01 07000000", "m\x00\x00\x00"), codec.RPC{
		Kind: codec.RPCRequest, ID: 7, Method: []byte("m"), Data: []byte{0, 0},
	}, true},
	{"reply", "BUSRT-R3", wire("11 FFFFFFFF 81A26F6BC3"), codec.RPC{
		Kind: codec.RPCReply, ID: 0xFFFFFFFF, Data: wire("81A26F6BC3"),
	}, true},
	{"reply, empty", "BUSRT-R3", wire("11 01000000"), codec.RPC{Kind: codec.RPCReply, ID: 1}, true},
	{"error", "BUSRT-R4", wire("12 01000000 4480", "no filter"), codec.RPC{
		Kind: codec.RPCError, ID: 1, Code: codec.RPCParseError, Data: []byte("no filter"),
	}, true},
	{"error, empty", "BUSRT-R4", wire("12 01000000 8F82"), codec.RPC{Kind: codec.RPCError, ID: 1, Code: -32113}, true},
	{"error with a code above zero", "BUSRT-R4", wire("12 01000000 0100"), codec.RPC{Kind: codec.RPCError, ID: 1, Code: 1}, true},

	{"empty", "BUSRT-R6", nil, codec.RPC{}, false},
	{"request without an id", "BUSRT-R6", wire("01 010000"), codec.RPC{}, false},
	{"request without a method", "BUSRT-R6", wire("01 01000000"), codec.RPC{}, false},
	{"request without its NUL", "BUSRT-R6", wire("01 01000000", "test"), codec.RPC{}, false},
	{"reply without an id", "BUSRT-R6", wire("11 010000"), codec.RPC{}, false},
	{"error without a code", "BUSRT-R6", wire("12 01000000 8F"), codec.RPC{}, false},
	{"unknown kind", "BUSRT-R6", wire("02 01000000", "test\x00"), codec.RPC{}, false},
	{"text", "BUSRT-R6", wire("", "hello"), codec.RPC{}, false},
}
