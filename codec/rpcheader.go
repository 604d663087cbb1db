package codec

import (
	"bytes"
	"encoding/binary"
)

// RPCKind is the first byte of an RPC payload.
type RPCKind uint8

// The kinds of RPC payloads.
const (
	RPCNotification RPCKind = 0x00 // [BUSRT-R1]
	RPCRequest      RPCKind = 0x01 // [BUSRT-R2]
	RPCReply        RPCKind = 0x11 // [BUSRT-R3]
	RPCError        RPCKind = 0x12 // [BUSRT-R4]
)

// Codes of RPC errors; those of the bus itself are made by [Status.RPCCode]
// [BUSRT-R5].
const (
	RPCParseError     int16 = -32700
	RPCInvalidRequest int16 = -32600
	RPCMethodNotFound int16 = -32601
	RPCInvalidParams  int16 = -32602
	RPCInternal       int16 = -32603
	RPCNotFound       int16 = -32001
)

// RPC is a payload that was taken apart. Its slices are views of it.
type RPC struct {
	Kind   RPCKind
	Code   int16  // errors only
	ID     uint32 // not of notifications; a request with 0 wants no reply
	Method []byte // requests only; not checked to be UTF-8 [BUSRT-C6]
	Data   []byte // what is notified, params, result, or text of an error
}

const (
	rpcReplyLen = 1 + 4           // header of a reply, start of a request
	rpcErrorLen = rpcReplyLen + 2 // header of an error
)

// ParseRPC takes the payload of a message apart. False means that it is to be
// dropped: too short, without the NUL behind its method, or of no known kind
// [BUSRT-R6].
func ParseRPC(payload []byte) (r RPC, ok bool) {
	if len(payload) > 0 && RPCKind(payload[0]) == RPCNotification {
		return RPC{Kind: RPCNotification, Data: payload[1:]}, true
	}
	if len(payload) < rpcReplyLen {
		return RPC{}, false
	}
	kind, id, rest := RPCKind(payload[0]), binary.LittleEndian.Uint32(payload[1:]), payload[rpcReplyLen:]
	switch kind {
	case RPCReply:
		return RPC{Kind: kind, ID: id, Data: rest}, true
	case RPCRequest:
		if i := bytes.IndexByte(rest, 0); i >= 0 {
			return RPC{Kind: kind, ID: id, Method: rest[:i:i], Data: rest[i+1:]}, true
		}
	case RPCError:
		if len(payload) >= rpcErrorLen {
			code := int16(binary.LittleEndian.Uint16(rest))
			return RPC{Kind: kind, ID: id, Code: code, Data: payload[rpcErrorLen:]}, true
		}
	default:
	}
	return RPC{}, false
}

// AppendRPCNotification appends a notification [BUSRT-R1].
//
//	00 | data
func AppendRPCNotification(dst, data []byte) []byte {
	dst = append(dst, byte(RPCNotification))
	return append(dst, data...)
}

// AppendRPCRequest appends a call [BUSRT-R2]. method has no NUL; id 0 says that
// no reply is wanted.
//
//	01 | [4]byte | method 00 | params
//	   | id      |           |
func AppendRPCRequest(dst []byte, id uint32, method string, params []byte) []byte {
	dst = append(dst, byte(RPCRequest))
	dst = binary.LittleEndian.AppendUint32(dst, id)
	dst = append(dst, method...)
	dst = append(dst, 0)
	return append(dst, params...)
}

// AppendRPCReply appends the answer to the call of that id [BUSRT-R3].
//
//	11 | [4]byte | result
//	   | id      |
func AppendRPCReply(dst []byte, id uint32, result []byte) []byte {
	dst = append(dst, byte(RPCReply))
	dst = binary.LittleEndian.AppendUint32(dst, id)
	return append(dst, result...)
}

// AppendRPCError appends the failure of the call of that id [BUSRT-R4]. data is
// UTF-8 or empty.
//
//	12 | [4]byte | [2]byte      | data
//	   | id      | code, signed |
func AppendRPCError(dst []byte, id uint32, code int16, data []byte) []byte {
	dst = append(dst, byte(RPCError))
	dst = binary.LittleEndian.AppendUint32(dst, id)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(code))
	return append(dst, data...)
}
