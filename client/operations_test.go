package client_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// frame is what of a [codec.Frame] an operation decides about, as text.
func frame(f *codec.Frame) string {
	return fmt.Sprintf("%v qos=%d %q %q %q", f.Op, f.QoS, f.Target, f.Receiver, f.Payload)
}

func TestOperations(t *testing.T) {
	const no, processed, realtime, both = codec.QoSNo, codec.QoSProcessed, codec.QoSRealtime, codec.QoSRealtimeProcessed
	ctx := context.Background()
	payload := []byte("x\x00y")
	wait := func(c client.Confirm, err error) error { return errors.Join(err, c.Wait(ctx)) }
	tests := []struct {
		name string
		do   func(c *client.Client) error
		want string
	}{
		{"message [BUSRT-F4]", func(c *client.Client) error { return c.Send(ctx, "bob", payload, no) }, `message qos=0 "bob" "" "x\x00y"`},
		{"message, ack", func(c *client.Client) error { return c.Send(ctx, "bob", payload, processed) }, `message qos=1 "bob" "" "x\x00y"`},
		{"message, realtime", func(c *client.Client) error { return c.Send(ctx, "bob", payload, realtime) }, `message qos=2 "bob" "" "x\x00y"`},
		{"message, both", func(c *client.Client) error { return c.Send(ctx, "bob", payload, both) }, `message qos=3 "bob" "" "x\x00y"`},
		{"message, empty", func(c *client.Client) error { return c.Send(ctx, "", nil, processed) }, `message qos=1 "" "" ""`},
		{"broadcast [BUSRT-F4]", func(c *client.Client) error { return c.Broadcast(ctx, "lab.*", payload, processed) }, `broadcast qos=1 "lab.*" "" "x\x00y"`},
		{"publish [BUSRT-F4]", func(c *client.Client) error { return c.Publish(ctx, "a/b", payload, processed) }, `publish qos=1 "a/b" "" "x\x00y"`},
		{"publish_for [BUSRT-F5]", func(c *client.Client) error { return c.PublishFor(ctx, "a/b", "bob", payload, both) }, `publish_for qos=3 "a/b" "bob" "x\x00y"`},
		{"publish_for nobody", func(c *client.Client) error { return c.PublishFor(ctx, "a/b", "", nil, no) }, `publish_for qos=0 "a/b" "" ""`},
		{"message, async", func(c *client.Client) error { return wait(c.SendAsync(ctx, "bob", payload, processed)) }, `message qos=1 "bob" "" "x\x00y"`},
		{"message, async without ack", func(c *client.Client) error { return wait(c.SendAsync(ctx, "bob", payload, no)) }, `message qos=0 "bob" "" "x\x00y"`},
		{"broadcast, async", func(c *client.Client) error { return wait(c.BroadcastAsync(ctx, "?", payload, processed)) }, `broadcast qos=1 "?" "" "x\x00y"`},
		{"publish, async", func(c *client.Client) error { return wait(c.PublishAsync(ctx, "a/b", payload, both)) }, `publish qos=3 "a/b" "" "x\x00y"`},
		{"publish_for, async", func(c *client.Client) error {
			return wait(c.PublishForAsync(ctx, "a/b", "bob", payload, processed))
		}, `publish_for qos=1 "a/b" "bob" "x\x00y"`},
		{"posted", func(c *client.Client) error { return c.Post(ctx, "bob", payload, processed) }, `message qos=1 "bob" "" "x\x00y"`},
		{"subscribe [BUSRT-F3]", func(c *client.Client) error { return c.Subscribe(ctx, "a/b", "", "c/#") }, `subscribe qos=1 "" "" "a/b\x00\x00c/#"`},
		{"subscribe to no topics is an empty body [BUSRT-F3]", func(c *client.Client) error { return c.Subscribe(ctx) }, `subscribe qos=1 "" "" ""`},
		{"unsubscribe", func(c *client.Client) error { return c.Unsubscribe(ctx, "a/b") }, `unsubscribe qos=1 "" "" "a/b"`},
		{"exclude", func(c *client.Client) error { return c.Exclude(ctx, "a/b", "c") }, `exclude qos=1 "" "" "a/b\x00c"`},
		{"unexclude", func(c *client.Client) error { return c.Unexclude(ctx) }, `unexclude qos=1 "" "" ""`},
	}
	overAll(t, func(t *testing.T, network string) {
		got := make(chan string, 1)
		address := fake(t, network, func(p *peer) {
			if name := p.welcome(); name != "alice" {
				t.Errorf("registered as %q", name)
			}
			p.serve(func(f *codec.Frame) codec.Status {
				got <- frame(f)
				return codec.OK
			})
		})
		c := dial(t, address, client.Options{})
		for _, tt := range tests {
			if err := tt.do(c); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			} else if f := <-got; f != tt.want {
				t.Errorf("%s: sent %s, want %s", tt.name, f, tt.want)
			}
		}
	})
}

// Every code of an ack is the error of the operation [BUSRT-B2].
func TestAcks(t *testing.T) {
	codes := []codec.Status{
		codec.OK, codec.NotRegistered, codec.Data, codec.IO, codec.Other, codec.NotSupported, codec.Busy,
		codec.NotDelivered, codec.Timeout, codec.AccessDenied, 0xFF, 0,
	}
	address := fake(t, "unix", func(p *peer) {
		p.welcome()
		p.serve(func(f *codec.Frame) codec.Status { return codec.Status(f.Payload[0]) })
	})
	c := dial(t, address, client.Options{})
	for _, code := range codes {
		if err := c.Send(within(t), "bob", []byte{byte(code)}, codec.QoSProcessed); !errors.Is(err, code.Err()) {
			t.Errorf("ack %v: error %v", code, err)
		}
	}
}

// What the broker could not make sense of, or would take for something else, is
// not sent, and the connection goes on.
func TestUnsendable(t *testing.T) {
	address := fake(t, "unix", func(p *peer) {
		p.welcome()
		p.serve(always(codec.OK))
	})
	c := dial(t, address, client.Options{MaxFrame: 100})
	ctx := within(t)
	over, cancel := context.WithCancel(ctx)
	cancel()
	tests := []struct {
		name string
		err  error
		want error
	}{
		{"NUL in a target [BUSRT-F4]", c.Send(ctx, "a\x00b", nil, codec.QoSProcessed), client.ErrNUL},
		{"NUL in a receiver [BUSRT-F5]", c.PublishFor(ctx, "a", "\x00", nil, codec.QoSProcessed), client.ErrNUL},
		{"NUL in a topic [BUSRT-F3]", c.Subscribe(ctx, "a", "b\x00c"), client.ErrNUL},
		{"target not text [BUSRT-F4]", c.Publish(ctx, "a\xFF", nil, codec.QoSNo), codec.NotText},
		{"topic not text [BUSRT-F3]", c.Exclude(ctx, "\xC3"), codec.NotText},
		{"longest body [BUSRT-F8]", c.Send(ctx, "bob", make([]byte, 96), codec.QoSProcessed), nil},
		{"too long [BUSRT-F8]", c.Send(ctx, "bob", make([]byte, 97), codec.QoSProcessed), codec.TooLong},
		{"too long, posted", c.Post(ctx, "bob", make([]byte, 97), codec.QoSProcessed), codec.TooLong},
		{"context ended", c.Send(over, "bob", nil, codec.QoSNo), context.Canceled},
		{"all is well", c.Send(ctx, "bob", nil, codec.QoSProcessed), nil},
	}
	for _, tt := range tests {
		if !errors.Is(tt.err, tt.want) || (tt.want == nil) != (tt.err == nil) {
			t.Errorf("%s: error %v, want %v", tt.name, tt.err, tt.want)
		}
	}
}

// A subscription that is denied in part gets an ack for each denied topic and
// one more [BUSRT-O5]; those that come too late for it disturb nobody.
func TestSubscribeDeniedInPart(t *testing.T) {
	address := fake(t, "unix", func(p *peer) {
		p.welcome()
		p.serve(func(f *codec.Frame) codec.Status {
			if f.Op == codec.OpSubscribe {
				p.send(codec.AppendAck(codec.AppendAck(nil, f.ID, codec.AccessDenied), f.ID, codec.AccessDenied))
			}
			return codec.OK
		})
	})
	c := dial(t, address, client.Options{})
	for range 3 {
		if err := c.Subscribe(within(t), "a", "b", "c"); !errors.Is(err, codec.AccessDenied) {
			t.Errorf("error %v", err)
		}
		check(t, c.Unsubscribe(within(t), "a"))
	}
}

// Acks find their frames in whatever order they come, also after a wait that
// was given up.
func TestConfirms(t *testing.T) {
	const n = 100
	release := make(chan struct{})
	address := fake(t, "unix", func(p *peer) {
		p.welcome()
		var acks [][]byte
		for i := range n {
			f, _ := p.frame()
			acks = append(acks, codec.AppendAck(nil, f.ID, codec.Status(i+1)))
		}
		<-release
		slices.Reverse(acks)
		p.send(slices.Concat(acks...))
		p.hangUp()
	})
	c := dial(t, address, client.Options{})
	var confirms []client.Confirm
	for range n {
		confirm, err := c.SendAsync(within(t), "bob", []byte("hi"), codec.QoSProcessed)
		check(t, err)
		confirms = append(confirms, confirm)
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := confirms[n/2].Wait(over); !errors.Is(err, context.Canceled) {
		t.Errorf("no ack yet, error %v", err)
	}
	close(release)
	for i, confirm := range confirms {
		if err, want := confirm.Wait(within(t)), codec.Status(i+1).Err(); !errors.Is(err, want) {
			t.Errorf("outcome %d: %v, want %v", i, err, want)
		}
	}
	if err := confirms[3].Wait(within(t)); err == nil || errors.Is(err, codec.Status(4)) {
		t.Errorf("an outcome given twice: %v", err)
	}
	check(t, client.Confirm{}.Wait(over))
}

// Frames of concurrent senders are written together, whole, those of each in
// its order.
func TestConcurrentSenders(t *testing.T) {
	const senders, each = 8, 300
	overAll(t, func(t *testing.T, network string) {
		address := fake(t, network, func(p *peer) {
			p.welcome()
			next := map[string]int{}
			p.serve(func(f *codec.Frame) codec.Status {
				target := string(f.Target)
				if want := fmt.Sprint(next[target]); string(f.Payload) != want {
					t.Errorf("%s: %q, want %s", target, f.Payload, want)
				}
				next[target]++
				return codec.Status(next[target] % 100)
			})
		})
		c := dial(t, address, client.Options{})
		qos := []codec.QoS{codec.QoSNo, codec.QoSProcessed, codec.QoSRealtime, codec.QoSRealtimeProcessed}
		var wg sync.WaitGroup
		for i := range senders {
			wg.Go(func() {
				for n := range each {
					q := qos[(n+i)%len(qos)]
					err := c.Send(within(t), fmt.Sprint("to", i), fmt.Append(nil, n), q)
					if want := codec.Status((n + 1) % 100).Err(); q.NeedsAck() && !errors.Is(err, want) {
						t.Errorf("sender %d, frame %d: %v, want %v", i, n, err, want)
					} else if !q.NeedsAck() && err != nil {
						t.Errorf("sender %d, frame %d: %v", i, n, err)
					}
				}
			})
		}
		wg.Wait()
	})
}
