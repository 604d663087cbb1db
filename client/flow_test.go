package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// An application that does not receive: its client stops reading, calls end by
// their contexts, nothing is lost.
func TestFullQueue(t *testing.T) {
	const limit, sent, size = 100, 16_000, 1000 // more than fit into the sockets' buffers
	overAll(t, func(t *testing.T, network string) {
		all := make(chan struct{})
		address := fake(t, network, func(p *peer) {
			p.welcome()
			f, _ := p.frame()
			for i := range sent {
				p.send(message(fmt.Sprintf("%*d", size, i)))
			}
			close(all)
			p.send(codec.AppendAck(nil, f.ID, codec.NotRegistered))
			p.hangUp()
		})
		c := dial(t, address, client.Options{QueueSize: limit})
		confirm, err := c.SendAsync(within(t), "x", nil, codec.QoSRealtimeProcessed)
		check(t, err)
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		if err := confirm.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an ack behind a full queue: %v", err)
		}
		select {
		case <-all:
			t.Error("everything was read")
		default:
		}
		for i := range sent {
			f, err := c.Recv(within(t))
			check(t, err)
			if string(f.Payload) != fmt.Sprintf("%*d", size, i) {
				t.Fatalf("frame %d is %q", i, f.Payload)
			}
		}
		if err := confirm.Wait(within(t)); !errors.Is(err, codec.NotRegistered) {
			t.Errorf("the ack: %v", err)
		}
	})
}

// The queue is full and the broker goes: that is found out, and what it sent
// before is received.
func TestFullQueueAndTheBrokerGoes(t *testing.T) {
	const sent, size = 50, 2000 // more than a read takes, less than the socket does
	address := fake(t, "unix", func(p *peer) {
		p.welcome()
		for i := range sent {
			p.send(message(fmt.Sprintf("%*d", size, i)))
		}
	})
	c := dial(t, address, client.Options{QueueSize: 1, PingInterval: time.Millisecond})
	<-c.Done()
	n := 0
	for f, err := range c.Frames(within(t)) {
		if err != nil {
			disconnected(t, err, errors.Unwrap(c.Err())) // pings are left unread: a reset, or an end
			break
		}
		if string(f.Payload) != fmt.Sprintf("%*d", size, n) {
			t.Fatalf("frame %d is %q", n, f.Payload)
		}
		n++
	}
	if n != sent {
		t.Errorf("%d frames, want %d", n, sent)
	}
}

// A broker that does not read: sends wait for room as long as their contexts
// last, no frame is cut, and when it reads again all of them arrive.
func TestBrokerDoesNotRead(t *testing.T) {
	payload := bytes.Repeat([]byte{0xEE}, 1000)
	overAll(t, func(t *testing.T, network string) {
		read, count := make(chan struct{}), make(chan int, 1)
		address := fake(t, network, func(p *peer) {
			p.welcome()
			<-read
			n := 0
			p.serve(func(f *codec.Frame) codec.Status {
				if !bytes.Equal(f.Payload, payload) {
					t.Errorf("frame %d is of %d bytes", n, len(f.Payload))
				}
				n++
				if f.QoS.NeedsAck() {
					count <- n
				}
				return codec.OK
			})
		})
		c := dial(t, address, client.Options{})
		sent := 0
		for _, q := range []codec.QoS{codec.QoSNo, codec.QoSRealtime} {
			var err error
			for err == nil {
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
				if err = c.Send(ctx, "bob", payload, q); err == nil {
					sent++
				}
				cancel()
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v", err)
			}
		}
		close(read)
		check(t, c.Send(within(t), "bob", payload, codec.QoSProcessed))
		if got := <-count; got != sent+1 {
			t.Errorf("%d frames arrived, %d were sent", got, sent+1)
		}
	})
}
