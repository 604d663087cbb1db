package codec_test

import (
	"bytes"
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/wiretest"
)

func TestParseRPC(t *testing.T) {
	for _, c := range wiretest.RPCs {
		if got, ok := codec.ParseRPC(c.Wire); ok != c.OK || !sameRPC(got, c.Want) {
			t.Errorf("%s %s: %+v, %v; want %+v, %v", c.Name, c.Rule, got, ok, c.Want, c.OK)
		}
	}
}

func TestAppendRPC(t *testing.T) {
	for _, c := range wiretest.RPCs {
		if !c.OK {
			continue
		}
		if got, want := appendRPC([]byte("before"), c.Want), append([]byte("before"), c.Wire...); !bytes.Equal(got, want) {
			t.Errorf("%s %s: % X, want % X", c.Name, c.Rule, got, want)
		}
	}
}

func appendRPC(dst []byte, r codec.RPC) []byte {
	switch r.Kind {
	case codec.RPCRequest:
		return codec.AppendRPCRequest(dst, r.ID, string(r.Method), r.Data)
	case codec.RPCReply:
		return codec.AppendRPCReply(dst, r.ID, r.Data)
	case codec.RPCError:
		return codec.AppendRPCError(dst, r.ID, r.Code, r.Data)
	default:
		return codec.AppendRPCNotification(dst, r.Data)
	}
}

func sameRPC(a, b codec.RPC) bool {
	return a.Kind == b.Kind && a.ID == b.ID && a.Code == b.Code && bytes.Equal(a.Method, b.Method) && bytes.Equal(a.Data, b.Data)
}
