package rpc_test

import (
	"context"
	"errors"
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

func TestTyped(t *testing.T) { // [BUSRT-R7]
	h := newHub(t)
	var mux rpc.Mux
	mux.Handle("next", rpc.Typed(func(_ context.Context, r *rpc.Request, p *codec.BrokerStats) (*codec.BrokerInfo, error) {
		switch p.Uptime {
		case 0:
			return nil, nil
		case 1:
			return nil, codec.Busy
		}
		return &codec.BrokerInfo{Author: r.Sender, Version: string(rune('0' + p.Uptime))}, nil
	}))
	mux.Handle("garbage", func(context.Context, *rpc.Request) ([]byte, error) { return []byte{0xC1}, nil })
	connect(t, h.join("bob"), &mux, rpc.Options{})
	c := connect(t, h.join("alice"), nil, rpc.Options{})
	ctx := within(t)

	info, err := rpc.Call[codec.BrokerInfo](ctx, c, "bob", "next", &codec.BrokerStats{Uptime: 7})
	if want := (codec.BrokerInfo{Author: "alice", Version: "7"}); info != want || err != nil {
		t.Errorf("%+v, %v, want %+v", info, err, want)
	}
	info, err = rpc.Call[codec.BrokerInfo](ctx, c, "bob", "next", nil)
	if (info != codec.BrokerInfo{}) || err != nil {
		t.Errorf("empty params, empty result: %+v, %v", info, err)
	}
	if _, err = rpc.Call[codec.BrokerInfo](ctx, c, "bob", "next", &codec.BrokerStats{Uptime: 1}); !errors.Is(err, codec.Busy) {
		t.Errorf("an error: %v", err)
	}
	if _, err = c.Call(ctx, "bob", "next", []byte{0xC1}); !errors.Is(err, &rpc.Error{Code: codec.RPCInvalidParams}) {
		t.Errorf("params that are no MessagePack: %v", err)
	}
	var e *rpc.Error
	if _, err = rpc.Call[codec.BrokerInfo](ctx, c, "bob", "garbage", nil); err == nil || errors.As(err, &e) {
		t.Errorf("a result that is no MessagePack: %v", err)
	}
}
