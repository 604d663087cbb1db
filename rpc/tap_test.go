package rpc_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

// Calls that are handled one at a time are handled in their order: none overtakes
// by the tap what waits to be received.
//
// Mutant it fails with: a tap that takes them.
func TestCallsInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t)
		bob := h.join("bob")
		send := func(payloads ...string) {
			for _, p := range payloads {
				check(t, bob.Send(t.Context(), "alice", []byte(p), codec.QoSNo))
			}
			synctest.Wait()
		}
		var (
			mux rpc.Mux
			got []string
		)
		first, notes := make(chan struct{}), make(chan struct{})
		mux.OnNotification = func(context.Context, *rpc.Notification) { <-notes }
		mux.Handle("m", func(_ context.Context, r *rpc.Request) ([]byte, error) {
			<-first
			got = append(got, string(r.Params))
			return nil, nil
		})
		connect(t, tapped{h.join("alice")}, &mux, rpc.Options{MaxConcurrent: 1, QueueSize: 1})
		send(call0 + "1")
		send("\x00", "\x00", "\x00", call0+"2") // now the Conn waits for room, and nothing is received
		close(first)
		synctest.Wait()
		send(call0 + "3")
		close(notes)
		synctest.Wait()
		if want := []string{"1", "2", "3"}; !slices.Equal(got, want) {
			t.Errorf("handled %q, want %q", got, want)
		}
	})
}

// call0 is a call of m that wants no reply, but for its params.
const call0 = "\x01\x00\x00\x00\x00m\x00"

// Calls that come by a tap are handled while whoever receives waits for room among
// the notifications. What the handler was given stays what it is.
func TestTappedCalls(t *testing.T) {
	h := newHub(t)
	bob := h.join("bob")
	var (
		mu   sync.Mutex
		kept []rpc.Request
		mux  rpc.Mux
	)
	release := make(chan struct{})
	mux.OnNotification = func(context.Context, *rpc.Notification) { <-release }
	mux.Handle("m", func(_ context.Context, r *rpc.Request) ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		kept = append(kept, *r)
		return r.Params, nil
	})
	connect(t, tapped{h.join("alice")}, &mux, rpc.Options{QueueSize: 1})
	t.Cleanup(func() { close(release) }) // before the Conn waits for its handlers
	for range 5 {
		check(t, bob.Send(within(t), "alice", []byte{0}, codec.QoSNo))
	}
	caller := connect(t, tapped{h.join("carol")}, nil, rpc.Options{})
	for i := range 10 {
		params := fmt.Sprint(i)
		result, err := caller.Call(within(t), "alice", "m", []byte(params))
		if string(result) != params || err != nil {
			t.Fatalf("call %d: %q, %v", i, result, err)
		}
	}
	for i, r := range kept {
		if r.Sender != "carol" || r.Method != "m" || string(r.Params) != fmt.Sprint(i) {
			t.Errorf("request %d has become %+v", i, r)
		}
	}
}

// Calls that come at the end and after it are dropped.
//
// Mutant it fails with: a queue that is not told of its end.
func TestTappedAtTheEnd(t *testing.T) {
	for range 50 {
		h := newHub(t)
		alice := h.join("alice")
		c := connect(t, tapped{alice}, rpc.CallFunc(func(context.Context, *rpc.Request) ([]byte, error) {
			return nil, nil
		}), rpc.Options{})
		call := codec.Received{Kind: codec.KindMessage, Sender: "bob", Payload: []byte(call0)}
		begun := make(chan struct{})
		var senders sync.WaitGroup
		for range 4 {
			senders.Go(func() {
				for i := range 100 {
					f := call.Clone()
					alice.tap(&f)
					if i == 10 {
						begun <- struct{}{}
					}
				}
			})
		}
		<-begun
		senders.Go(func() {
			for range 3 {
				<-begun
			}
		})
		check(t, c.Close())
		senders.Wait()
		if f := call.Clone(); alice.tap(&f) {
			t.Fatal("a call is taken after the end")
		}
	}
}
