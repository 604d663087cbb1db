package rpc_test

import (
	"errors"
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

func TestError(t *testing.T) { // [BUSRT-R5]
	tests := []struct {
		code   int16
		data   string
		text   string
		status codec.Status // behind it, or 0
	}{
		{codec.RPCParseError, "", "busrt: RPC error -32700, parse error", 0},
		{codec.RPCInvalidRequest, "", "busrt: RPC error -32600, invalid request", 0},
		{codec.RPCMethodNotFound, "", "busrt: RPC error -32601, no such method", 0},
		{codec.RPCInvalidParams, "x", "busrt: RPC error -32602, invalid params: x", 0},
		{codec.RPCInternal, "", "busrt: RPC error -32603, internal error", 0},
		{codec.RPCNotFound, "", "busrt: RPC error -32001, not found", 0},
		{-32113, "", "busrt: RPC error -32113, not registered", codec.NotRegistered},
		{-32114, "", "busrt: RPC error -32114, data error", codec.Data},
		{-32115, "", "busrt: RPC error -32115, I/O error", codec.IO},
		{-32116, "", "busrt: RPC error -32116, other error", codec.Other},
		{-32117, "", "busrt: RPC error -32117, not supported", codec.NotSupported},
		{-32118, "", "busrt: RPC error -32118, busy", codec.Busy},
		{-32119, "", "busrt: RPC error -32119, not delivered", codec.NotDelivered},
		{-32120, "", "busrt: RPC error -32120, timeout", codec.Timeout},
		{-32121, "no", "busrt: RPC error -32121, access denied: no", codec.AccessDenied},
		{-32122, "", "busrt: RPC error -32122", 0},
		{-32112, "", "busrt: RPC error -32112", 0},
		{-32000, "", "busrt: RPC error -32000", 0},
		{1, "one", "busrt: RPC error 1: one", 0},
		{32767, "", "busrt: RPC error 32767", 0},
		{-32768, "", "busrt: RPC error -32768", 0},
	}
	for _, tt := range tests {
		err := error(&rpc.Error{Code: tt.code, Data: tt.data})
		if err.Error() != tt.text {
			t.Errorf("%d: %q, want %q", tt.code, err, tt.text)
		}
		var s codec.Status
		if errors.As(err, &s); s != tt.status {
			t.Errorf("%d: status %v, want %v", tt.code, s, tt.status)
		}
		if !errors.Is(err, &rpc.Error{Code: tt.code}) || errors.Is(err, &rpc.Error{Code: tt.code + 1}) ||
			errors.Is(err, &rpc.Error{Code: tt.code, Data: "other"}) {
			t.Errorf("%d: is taken for another, or not for itself", tt.code)
		}
	}
}
