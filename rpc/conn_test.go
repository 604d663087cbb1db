package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/wiretest"
	"github.com/busrt-go/busrt/rpc"
)

// buses are the two kinds of Bus: with a tap and without.
var buses = []struct {
	name string
	bus  func(m *member) rpc.Bus
}{
	{"tap", func(m *member) rpc.Bus { return tapped{m} }},
	{"no tap", func(m *member) rpc.Bus { return m }},
}

func overBuses(t *testing.T, test func(t *testing.T, bus func(m *member) rpc.Bus)) {
	t.Helper()
	for _, b := range buses {
		t.Run(b.name, func(t *testing.T) { test(t, b.bus) })
	}
}

// Every payload of the golden table reaches whom it concerns, or nobody.
func TestPayloads(t *testing.T) {
	overBuses(t, func(t *testing.T, bus func(m *member) rpc.Bus) {
		for _, tt := range wiretest.RPCs {
			t.Run(tt.Rule+"/"+tt.Name, func(t *testing.T) {
				h := newHub(t)
				r := newRecorder()
				m := h.join("alice")
				connect(t, bus(m), r, rpc.Options{})
				bob := h.join("bob")
				check(t, bob.Send(within(t), "alice", tt.Wire, codec.QoSRealtime))
				check(t, bob.Send(within(t), "alice", []byte("\x01\x00\x00\x00\x00last\x00"), codec.QoSNo))
				check(t, bob.Send(within(t), "alice", []byte("\x00last"), codec.QoSNo))
				request, notification := <-r.requests, <-r.notifications
				switch {
				case tt.OK && tt.Want.Kind == codec.RPCRequest:
					want := rpc.Request{
						Sender: "bob", Method: string(tt.Want.Method), Params: tt.Want.Data, ID: tt.Want.ID, Realtime: true,
					}
					if request.Method == "last" { // they run at once
						request = <-r.requests
					}
					if fmt.Sprint(request) != fmt.Sprint(want) {
						t.Errorf("request %+v, want %+v", request, want)
					}
				case tt.OK && tt.Want.Kind == codec.RPCNotification:
					if notification.Sender != "bob" || !notification.Realtime || !bytes.Equal(notification.Data, tt.Want.Data) {
						t.Errorf("notification %+v, want %q", notification, tt.Want.Data)
					}
				default: // replies to nobody, and what is dropped [BUSRT-R6]
					if request.Method != "last" || string(notification.Data) != "last" {
						t.Errorf("handled: %+v, %+v", request, notification)
					}
				}
			})
		}
	})
}

// What a handler returns, and what becomes of it on the wire and for the
// caller [BUSRT-R3] [BUSRT-R4] [BUSRT-R5].
func TestOutcomes(t *testing.T) {
	tests := []struct {
		method string // what the handler returns
		result string
		err    error
		want   error // for the caller
		data   string
	}{
		{"result", "x\x00y", nil, nil, ""},
		{"nothing", "", nil, nil, ""},
		{"own code", "", &rpc.Error{Code: 7, Data: "seven"}, &rpc.Error{Code: 7}, "seven"},
		{"wrapped", "", fmt.Errorf("so: %w", &rpc.Error{Code: codec.RPCNotFound}), &rpc.Error{Code: codec.RPCNotFound}, ""},
		{"bus error", "", codec.NotDelivered, codec.NotDelivered, ""},
		{"timeout", "", context.DeadlineExceeded, codec.Timeout, ""},
		{"any error", "", errors.New("oh"), &rpc.Error{Code: codec.RPCInternal}, "oh"},
		{"not text [BUSRT-R4]", "", errors.New("a\xFFb"), &rpc.Error{Code: codec.RPCInternal}, "a\uFFFDb"},
	}
	overBuses(t, func(t *testing.T, bus func(m *member) rpc.Bus) {
		h := newHub(t)
		var mux rpc.Mux
		for _, tt := range tests {
			mux.Handle(tt.method, func(context.Context, *rpc.Request) ([]byte, error) { return []byte(tt.result), tt.err })
		}
		connect(t, bus(h.join("bob")), &mux, rpc.Options{})
		c := connect(t, bus(h.join("alice")), nil, rpc.Options{})
		for _, tt := range tests {
			result, err := c.Call(within(t), "bob", tt.method, nil)
			if string(result) != tt.result || !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Errorf("%s: %q, %v, want %q, %v", tt.method, result, err, tt.result, tt.want)
			}
			var e *rpc.Error
			if errors.As(err, &e) && e.Data != tt.data {
				t.Errorf("%s: data %q, want %q", tt.method, e.Data, tt.data)
			}
		}
		if _, err := c.Call(within(t), "bob", "unknown", nil); !errors.Is(err, &rpc.Error{Code: codec.RPCMethodNotFound}) {
			t.Errorf("unknown method: %v", err)
		}
		if _, err := c.Call(within(t), "carol", "m", nil); !errors.Is(err, codec.NotRegistered) || !errors.Is(err, &rpc.Error{Code: -32113}) {
			t.Errorf("to nobody: %v", err)
		}
		if err := c.Notify(within(t), "carol", nil); !errors.Is(err, codec.NotRegistered) {
			t.Errorf("notification to nobody: %v", err)
		}
		if err := c.Call0(within(t), "carol", "m", nil); !errors.Is(err, codec.NotRegistered) {
			t.Errorf("call0 to nobody: %v", err)
		}
		if _, err := c.Call(within(t), "bob", "a\x00b", nil); err == nil {
			t.Error("a method with a NUL was called")
		}
	})
}

// The bytes and the QoS of what is sent [BUSRT-R1] … [BUSRT-R6].
func TestWire(t *testing.T) {
	for _, realtime := range []bool{false, true} {
		t.Run(fmt.Sprint("realtime ", realtime), func(t *testing.T) {
			h := newHub(t)
			alice, bob := h.join("alice"), h.join("bob%%1")
			echo := rpc.CallFunc(func(_ context.Context, r *rpc.Request) ([]byte, error) {
				if r.Method == "fail" {
					return nil, &rpc.Error{Code: -2, Data: "no"}
				}
				return r.Params, nil
			})
			answered := connect(t, bob, echo, rpc.Options{})
			c := connect(t, alice, nil, rpc.Options{Realtime: realtime})
			_, err := c.Call(within(t), "bob%%1", "echo", []byte("hi"))
			check(t, err)
			_, err = c.Call(within(t), "bob%%1", "fail", nil)
			if !errors.Is(err, &rpc.Error{Code: -2, Data: "no"}) {
				t.Error(err)
			}
			check(t, c.Call0(within(t), "bob%%1", "echo", []byte("hi")))
			check(t, c.Notify(within(t), "bob%%1", []byte("note")))
			check(t, answered.Close()) // no reply is on its way
			q := codec.QoSProcessed
			if realtime {
				q = codec.QoSRealtimeProcessed
			}
			compare(t, alice.said(), []sent{
				{"bob%%1", "\x01\x01\x00\x00\x00echo\x00hi", q, false},
				{"bob%%1", "\x01\x02\x00\x00\x00fail\x00", q, false},
				{"bob%%1", "\x01\x00\x00\x00\x00echo\x00hi", q, false},
				{"bob%%1", "\x00note", q, false},
			})
			compare(t, bob.said(), []sent{
				{"alice", "\x11\x01\x00\x00\x00hi", q, true},
				{"alice", "\x12\x02\x00\x00\x00\xFE\xFFno", q, true},
			})
		})
	}
}

func compare(t *testing.T, got, want []sent) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("sent %+v, want %+v", got, want)
	}
}

// A reply counts only if it comes from whom was called, under an id that is
// waited for, and once.
func TestStrayReplies(t *testing.T) {
	overBuses(t, func(t *testing.T, bus func(m *member) rpc.Bus) {
		h := newHub(t)
		c := connect(t, bus(h.join("alice")), nil, rpc.Options{})
		bob, mallory := h.join("bob"), h.join("mallory")
		reply := func(from *member, id byte, text string) {
			check(t, from.Send(within(t), "alice", append([]byte{0x11, id, 0, 0, 0}, text...), codec.QoSNo))
		}
		type outcome struct {
			result []byte
			err    error
		}
		outcomes := make(chan outcome, 1)
		call := func(ctx context.Context) {
			result, err := c.Call(ctx, "bob", "m", nil)
			outcomes <- outcome{result, err}
		}
		requested := func() (id byte) {
			batch, err := bob.RecvBatch(within(t))
			check(t, err)
			return batch[0].Payload[1]
		}

		ctx, cancel := context.WithCancel(within(t))
		go call(ctx)
		old := requested()
		cancel()
		if o := <-outcomes; !errors.Is(o.err, context.Canceled) {
			t.Errorf("given up: %q, %v", o.result, o.err)
		}

		go call(within(t))
		id := requested()
		if id == old {
			t.Errorf("id %d was used twice in a row", id)
		}
		reply(mallory, id, "forged")
		reply(bob, old, "late")
		reply(bob, id+1, "of no call")
		reply(bob, id, "right")
		reply(bob, id, "twice")
		if o := <-outcomes; o.err != nil || string(o.result) != "right" {
			t.Errorf("%q, %v", o.result, o.err)
		}
	})
}

// A call that is given up while its reply comes has the one outcome or the
// other, and the next call is none the worse for it.
func TestGivingUpRaces(t *testing.T) {
	overBuses(t, func(t *testing.T, bus func(m *member) rpc.Bus) {
		h := newHub(t)
		connect(t, h.join("bob"), rpc.CallFunc(func(_ context.Context, r *rpc.Request) ([]byte, error) {
			return r.Params, nil
		}), rpc.Options{})
		c := connect(t, bus(h.join("alice")), nil, rpc.Options{})
		replied := 0
		for i := range 5000 {
			ctx, cancel := context.WithCancel(context.Background())
			go cancel()
			params := fmt.Sprint(i)
			result, err := c.Call(ctx, "bob", "m", []byte(params))
			switch {
			case err == nil && string(result) == params:
				replied++
			case !errors.Is(err, context.Canceled):
				t.Fatalf("call %d: %q, %v", i, result, err)
			}
		}
		t.Logf("%d of 5000 replies were in time", replied)
	})
}

func TestOptions(t *testing.T) {
	for _, o := range []rpc.Options{{MaxConcurrent: -1}, {QueueSize: -1}} {
		if _, err := rpc.New(newHub(t).join("alice"), nil, o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}

func TestMuxTakesAMethodOnce(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	var mux rpc.Mux
	mux.Handle("m", nil)
	mux.Handle("m", nil)
}
