package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/invariants"
	"github.com/busrt-go/busrt/internal/wiretest"
)

// receivers are the four ways to receive. Each gives copies of the frames up to
// the error that ends them.
var receivers = []struct {
	name string
	all  func(ctx context.Context, c *client.Client) ([]client.Frame, error)
}{
	{"Recv", func(ctx context.Context, c *client.Client) (all []client.Frame, err error) {
		for {
			f, err := c.Recv(ctx)
			if err != nil {
				return all, err
			}
			all = append(all, f)
		}
	}},
	{"Frames", func(ctx context.Context, c *client.Client) (all []client.Frame, err error) {
		for f, err := range c.Frames(ctx) {
			if err != nil {
				return all, err
			}
			all = append(all, f)
		}
		return all, errors.New("the iterator ended without an error")
	}},
	{"C", func(_ context.Context, c *client.Client) (all []client.Frame, err error) {
		for f := range c.C() {
			all = append(all, f)
		}
		return all, c.Err()
	}},
	{"RecvBatch", func(ctx context.Context, c *client.Client) (all []client.Frame, err error) {
		for {
			batch, err := c.RecvBatch(ctx)
			if err != nil {
				return all, err
			}
			if len(batch) == 0 {
				return all, errors.New("an empty batch")
			}
			for i := range batch {
				all = append(all, batch[i].Clone())
			}
		}
	}},
}

// Every delivery of the golden table, in whatever pieces it arrives, by whatever
// way it is received.
func TestDeliveries(t *testing.T) {
	for _, tt := range wiretest.Deliveries {
		for _, r := range receivers {
			for _, piece := range []int{1 << 20, 1} { // bytes that are sent at once
				t.Run(fmt.Sprintf("%s/%s/%s/by %d", tt.Rule, tt.Name, r.name, piece), func(t *testing.T) {
					before, after := message("before"), message("after")
					address := fake(t, "unix", func(p *peer) {
						p.welcome()
						stream := slices.Concat(before, tt.Wire, after)
						for ; len(stream) > 0; stream = stream[min(piece, len(stream)):] {
							p.send(stream[:min(piece, len(stream))])
						}
					})
					c := dial(t, address, client.Options{MaxFrame: wiretest.MaxBody - 1<<16})
					got, err := r.all(within(t), c)
					checkDelivery(t, &tt, got, err)
				})
			}
		}
	}
}

func checkDelivery(t *testing.T, tt *wiretest.Delivery, got []client.Frame, err error) {
	t.Helper()
	want := []codec.Delivery{{Kind: codec.KindMessage, Sender: []byte("bob"), Payload: []byte("before")}}
	if tt.Fault == 0 {
		if tt.Want.Kind != codec.KindAck && tt.Want.Kind != codec.KindNop {
			want = append(want, tt.Want)
		}
		want = append(want, codec.Delivery{Kind: codec.KindMessage, Sender: []byte("bob"), Payload: []byte("after")})
		disconnected(t, err, io.EOF)
	} else {
		disconnected(t, err, tt.Fault)
	}
	if len(got) != len(want) {
		t.Fatalf("%d frames, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		if !same(&got[i], &want[i]) {
			t.Errorf("frame %d is %+v, want %+v", i, got[i], want[i])
		}
	}
}

// Frames of all sizes around those of the buffers arrive whole.
func TestSizes(t *testing.T) {
	sizes := []int{0, 1, 8191, 8192, 65535 - 10, 65536 - 10, 65536, 65537, 200_000, 1 << 20, 1, 5 << 20, 2, 3}
	payload := func(i, n int) []byte { return bytes.Repeat([]byte{byte(i + 1)}, n) }
	for _, r := range receivers {
		t.Run(r.name, func(t *testing.T) {
			overAll(t, func(t *testing.T, network string) {
				address := fake(t, network, func(p *peer) {
					p.welcome()
					for i, n := range sizes {
						p.send(codec.AppendDelivery(nil, codec.KindPublish, false, "bob", []byte("t"), payload(i, n)))
					}
				})
				c := dial(t, address, client.Options{PingInterval: -1}) // unread, it would reset the socket
				got, err := r.all(within(t), c)
				disconnected(t, err, io.EOF)
				if len(got) != len(sizes) {
					t.Fatalf("%d frames, want %d", len(got), len(sizes))
				}
				for i, n := range sizes {
					if !bytes.Equal(got[i].Payload, payload(i, n)) {
						t.Errorf("frame %d: %d bytes, want %d of %d", i, len(got[i].Payload), n, i+1)
					}
				}
			})
		})
	}
}

// Views die with the next RecvBatch, copies do not.
func TestViews(t *testing.T) {
	next := make(chan struct{})
	address := fake(t, "unix", func(p *peer) {
		p.welcome()
		for range 3 {
			p.send(message("hello"))
			<-next
		}
		p.hangUp()
	})
	c := dial(t, address, client.Options{})
	kept, err := c.Recv(within(t))
	check(t, err)
	next <- struct{}{}
	batch, err := c.RecvBatch(within(t))
	check(t, err)
	view := batch[0].Payload
	clone := batch[0].Clone()
	next <- struct{}{}
	_, err = c.RecvBatch(within(t))
	check(t, err)
	close(next)
	for _, f := range []client.Frame{kept, clone} {
		if f.Sender != "bob" || string(f.Payload) != "hello" {
			t.Errorf("a copy became %+v", f)
		}
	}
	if invariants.Enabled && string(view) == "hello" {
		t.Error("a view was not overwritten after its end")
	}
}

// Several goroutines may share the frames; each goes to one of them.
func TestConcurrentReceivers(t *testing.T) {
	const n, receivers = 5000, 4
	address := fake(t, "unix", func(p *peer) {
		p.welcome()
		for i := range n {
			p.send(message(fmt.Sprint(i)))
		}
	})
	c := dial(t, address, client.Options{})
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		seen = map[string]bool{}
	)
	for range receivers {
		wg.Go(func() {
			for f, err := range c.Frames(within(t)) {
				if err != nil {
					disconnected(t, err, io.EOF)
					return
				}
				mu.Lock()
				if seen[string(f.Payload)] {
					t.Errorf("%s received twice", f.Payload)
				}
				seen[string(f.Payload)] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(seen) != n {
		t.Errorf("%d frames, want %d", len(seen), n)
	}
}

// Messages that the tap takes are not queued, others and other kinds are.
func TestTap(t *testing.T) {
	address := fake(t, "unix", func(p *peer) {
		p.welcome()
		for i := range 6 {
			p.send(message(fmt.Sprint("tap ", i)))
			p.send(message(fmt.Sprint("queue ", i)))
			p.send(codec.AppendDelivery(nil, codec.KindBroadcast, false, "bob", nil, []byte("tap, but a broadcast")))
			p.send(codec.AppendNop(nil))
		}
		p.send([]byte{byte(codec.KindMessage), 1, 0, 0, 0, 0, 'x'}) // no sender: left to whoever receives
	})
	o := client.Options{Name: "alice"}
	c, err := client.Dial(t.Context(), address, o)
	check(t, err)
	defer func() { check(t, c.Close()) }()
	var tapped []string
	c.Tap(func(f *client.Frame) bool {
		if !strings.HasPrefix(string(f.Payload), "tap") {
			return false
		}
		tapped = append(tapped, string(f.Payload))
		return true
	})
	queued, err := receivers[0].all(within(t), c)
	disconnected(t, err, codec.NoTarget)
	for i, p := range tapped {
		if want := fmt.Sprint("tap ", i+6-len(tapped)); p != want {
			t.Errorf("tapped %q, want %q", p, want)
		}
	}
	if len(tapped)+len(queued) != 18 {
		t.Errorf("%d tapped and %d queued, want 18 together", len(tapped), len(queued))
	}
}

func TestChannelAfterClose(t *testing.T) {
	address := fake(t, "unix", func(p *peer) {
		p.welcome()
		p.hangUp()
	})
	c := dial(t, address, client.Options{})
	check(t, c.Close())
	if f, ok := <-c.C(); ok {
		t.Errorf("received %+v", f)
	}
}
