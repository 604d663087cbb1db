package client_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// An ack does not overtake the frames before it, not even into a queue that has
// no room for them [BUSRT-O7].
func TestAckBehindAFullQueue(t *testing.T) {
	piped(t, client.Options{QueueSize: 1}, func(p *peer) {
		p.welcome()
		f, _ := p.frame()
		p.send(message("1"))
		p.send(slices.Concat(message("2"), codec.AppendAck(nil, f.ID, codec.NotDelivered)))
		p.hangUp()
	}, func(t *testing.T, c *client.Client) {
		confirm, err := c.SendAsync(t.Context(), "bob", nil, codec.QoSProcessed)
		check(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := confirm.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an ack that waits behind a frame: %v", err)
		}
		_, err = c.Recv(t.Context())
		check(t, err)
		if err := confirm.Wait(t.Context()); !errors.Is(err, codec.NotDelivered) {
			t.Errorf("after there was room: %v", err)
		}
	})
}

// Of several receivers that wait, as many wake as there are frames, and all
// when there will be none.
func TestReceiversWake(t *testing.T) {
	const waiting = 4
	piped(t, client.Options{Silence: -1, PingInterval: -1}, func(p *peer) {
		p.welcome()
		p.frame()
		p.send(slices.Concat(message("1"), message("2"), message("3")))
		p.frame()
	}, func(t *testing.T, c *client.Client) {
		received := make(chan error, 2*waiting)
		for range waiting {
			go func() {
				_, err := c.Recv(t.Context())
				received <- err
			}()
		}
		synctest.Wait() // until all wait
		check(t, c.Send(t.Context(), "go on", nil, codec.QoSRealtime))
		synctest.Wait()
		if n := len(received); n != 3 {
			t.Errorf("%d received, want 3", n)
		}
		for range 3 {
			check(t, <-received)
			go func() {
				_, err := c.Recv(t.Context())
				received <- err
			}()
		}
		synctest.Wait()
		check(t, c.Send(t.Context(), "leave", nil, codec.QoSRealtime))
		synctest.Wait()
		if n := len(received); n != waiting {
			t.Errorf("%d were told of the end, want %d", n, waiting)
		}
		for range len(received) {
			disconnected(t, <-received, io.EOF)
		}
	})
}
