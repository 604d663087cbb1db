package rpc_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

// Notifications and frames are handled in their order, one at a time, unless
// that is not wanted.
func TestOrder(t *testing.T) {
	const n = 500
	overBuses(t, func(t *testing.T, bus func(m *member) rpc.Bus) {
		h := newHub(t)
		var (
			got     []string
			running sync.Mutex
			mux     rpc.Mux
		)
		handled := make(chan struct{}, n)
		took := func(what string) {
			if !running.TryLock() {
				t.Error("two at a time")
				return
			}
			got = append(got, what)
			running.Unlock()
			handled <- struct{}{}
		}
		mux.OnNotification = func(_ context.Context, n *rpc.Notification) { took(string(n.Data)) }
		mux.OnFrame = func(_ context.Context, f *codec.Received) { took(f.Topic) }
		alice, bob := h.join("alice"), h.join("bob")
		connect(t, bus(alice), &mux, rpc.Options{QueueSize: 10})
		for i := range n {
			if i%2 == 0 {
				check(t, bob.Send(within(t), "alice", fmt.Appendf(nil, "\x00%d", i), codec.QoSNo))
			} else {
				alice.deliver(codec.Received{Kind: codec.KindPublish, Sender: "bob", Topic: fmt.Sprint(i)})
			}
		}
		for range n {
			<-handled
		}
		for i, what := range got {
			if what != fmt.Sprint(i) {
				t.Fatalf("%s came as number %d", what, i)
			}
		}
	})
}

// As many calls as allowed run at once, and no more.
func TestConcurrency(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    rpc.Options
		want int
	}{
		{"default", rpc.Options{}, rpc.DefaultMaxConcurrent},
		{"two", rpc.Options{MaxConcurrent: 2}, 2},
		{"two, and hardly any queue", rpc.Options{MaxConcurrent: 2, QueueSize: 1}, 2},
		{"notifications among them", rpc.Options{MaxConcurrent: 3, Unordered: true}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHub(t)
				started, finish := 0, make(chan struct{})
				var mu sync.Mutex
				work := func() {
					mu.Lock()
					started++
					mu.Unlock()
					<-finish
				}
				mux := rpc.Mux{OnNotification: func(context.Context, *rpc.Notification) { work() }}
				mux.Handle("work", func(context.Context, *rpc.Request) ([]byte, error) {
					work()
					return nil, nil
				})
				connect(t, h.join("bob"), &mux, tt.o)
				c := connect(t, h.join("alice"), nil, rpc.Options{})
				for i := range tt.want + 10 {
					if tt.o.Unordered && i%2 == 0 {
						check(t, c.Notify(t.Context(), "bob", nil))
						continue
					}
					go func() {
						if _, err := c.Call(t.Context(), "bob", "work", nil); err != nil {
							t.Error(err)
						}
					}()
				}
				synctest.Wait() // until nobody can go on
				if started != tt.want {
					t.Errorf("%d at once, want %d", started, tt.want)
				}
				close(finish)
				synctest.Wait()
				if started != tt.want+10 {
					t.Errorf("%d in the end, want %d", started, tt.want+10)
				}
			})
		})
	}
}

// Handlers may call, each other and their caller, whatever waits already.
func TestHandlersCall(t *testing.T) {
	h := newHub(t)
	var conns [2]*rpc.Conn
	ready, notified := make(chan struct{}), make(chan struct{})
	for i, name := range []string{"alice", "bob"} {
		var mux rpc.Mux
		other := []string{"bob", "alice"}[i]
		descend := func(ctx context.Context, depth []byte) ([]byte, error) {
			<-ready
			if len(depth) == 0 {
				return []byte("bottom"), nil
			}
			return conns[i].Call(ctx, other, "descend", depth[1:])
		}
		mux.Handle("descend", func(ctx context.Context, r *rpc.Request) ([]byte, error) { return descend(ctx, r.Params) })
		mux.OnNotification = func(ctx context.Context, n *rpc.Notification) { // even the only one at a time
			if b, err := descend(ctx, n.Data); string(b) != "bottom" || err != nil {
				t.Errorf("%q, %v", b, err)
			}
			notified <- struct{}{}
		}
		conns[i] = connect(t, h.join(name), &mux, rpc.Options{})
	}
	close(ready)
	check(t, conns[0].Notify(within(t), "bob", make([]byte, 5)))
	b, err := conns[0].Call(within(t), "bob", "descend", make([]byte, 60))
	if string(b) != "bottom" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	<-notified
}
