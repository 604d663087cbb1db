package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// waits are the methods that wait for something of the broker.
var waits = []struct {
	name  string
	sends bool // a frame, first
	wait  func(ctx context.Context, c *client.Client) error
}{
	{"Send", true, func(ctx context.Context, c *client.Client) error {
		return c.Send(ctx, "bob", nil, codec.QoSProcessed)
	}},
	{"Subscribe", true, func(ctx context.Context, c *client.Client) error { return c.Subscribe(ctx, "a") }},
	{"Wait", true, func(ctx context.Context, c *client.Client) error {
		confirm, err := c.PublishAsync(ctx, "a", nil, codec.QoSRealtimeProcessed)
		if err != nil {
			return err
		}
		return confirm.Wait(ctx)
	}},
	{"Recv", false, func(ctx context.Context, c *client.Client) error {
		_, err := c.Recv(ctx)
		return err
	}},
	{"RecvBatch", false, func(ctx context.Context, c *client.Client) error {
		_, err := c.RecvBatch(ctx)
		return err
	}},
	{"C", false, func(ctx context.Context, c *client.Client) error {
		select {
		case f, ok := <-c.C():
			if ok {
				return fmt.Errorf("received %+v", f)
			}
			return c.Err()
		case <-ctx.Done():
			return ctx.Err()
		}
	}},
	{"Done", false, func(ctx context.Context, c *client.Client) error {
		select {
		case <-c.Done():
			return c.Err()
		case <-ctx.Done():
			return ctx.Err()
		}
	}},
}

// faults are what may happen to a connection.
var faults = []struct {
	name  string
	fault func(p *peer) // when all wait
	cause error
}{
	{"broker gone", func(*peer) {}, io.EOF},
	{"cut inside a header", func(p *peer) { p.send([]byte{byte(codec.KindAck), 1}) }, io.ErrUnexpectedEOF},
	{"cut inside a body", func(p *peer) { p.send(message("hello")[:12]) }, io.ErrUnexpectedEOF},
	{"a kind that is none [BUSRT-B6]", func(p *peer) { p.send([]byte{2, 0, 0, 0, 0, 0}); p.hangUp() }, codec.BadKind},
	{"too long [BUSRT-F8]", func(p *peer) { p.send([]byte{1, 1, 0, 1, 1, 0}); p.hangUp() }, codec.TooLong},
	{"silence", func(p *peer) { p.hangUp() }, client.ErrSilent},
}

// Whatever happens to the connection, whoever waits is told, and so is whoever
// comes later.
func TestFaults(t *testing.T) {
	for _, tt := range faults {
		t.Run(tt.name, func(t *testing.T) {
			overAll(t, func(t *testing.T, network string) {
				for _, w := range waits {
					t.Run(w.name, func(t *testing.T) {
						address := fake(t, network, func(p *peer) {
							p.welcome()
							if w.sends {
								p.frame()
							}
							tt.fault(p)
						})
						o := client.Options{PingInterval: -1} // unread, pings would reset the socket
						if errors.Is(tt.cause, client.ErrSilent) {
							o.Silence = 20 * time.Millisecond
						}
						c := dial(t, address, o)
						for range 2 {
							disconnected(t, w.wait(within(t), c), tt.cause)
						}
						<-c.Done()
						disconnected(t, c.Send(within(t), "bob", nil, codec.QoSNo), tt.cause)
						check(t, c.Close())
						disconnected(t, c.Err(), tt.cause) // Close does not change it
					})
				}
			})
		})
	}
}

// Whatever happens to the connection, a client that reconnects says so and has
// another. What was subscribed to is restored before anything else is sent.
func TestFaultsAndReconnect(t *testing.T) {
	for _, tt := range faults {
		t.Run(tt.name, func(t *testing.T) {
			overAll(t, func(t *testing.T, network string) {
				var connections atomic.Int32
				said := make(chan string, 10)
				address := fake(t, network, func(p *peer) {
					p.welcome()
					if connections.Add(1) == 1 {
						f, _ := p.frame()
						p.send(codec.AppendAck(nil, f.ID, codec.OK))
						tt.fault(p)
						return
					}
					p.serve(func(f *codec.Frame) codec.Status {
						said <- fmt.Sprintf("%v %s %s", f.Op, f.Target, f.Payload)
						return codec.OK
					})
				})
				o, states := reconnecting(client.Reconnect{Initial: time.Millisecond})
				if o.Silence = -1; errors.Is(tt.cause, client.ErrSilent) {
					o.Silence = 500 * time.Millisecond // the second connection takes less
				}
				c := dial(t, address, o)
				check(t, c.Subscribe(within(t), "a"))
				check(t, states.until(t, client.Connected))
				disconnected(t, states.until(t, client.Disconnected), tt.cause)
				check(t, c.AwaitConnection(within(t)))
				check(t, c.Send(within(t), "bob", []byte("hi"), codec.QoSProcessed))
				if a, b := <-said, <-said; a != "subscribe  a" || b != "message bob hi" {
					t.Errorf("said %q, %q", a, b)
				}
				check(t, c.Close())
			})
		})
	}
}

// A reset is seen by whoever reads or writes first; all are told.
func TestReset(t *testing.T) {
	overAll(t, func(t *testing.T, network string) {
		address := fake(t, network, func(p *peer) {
			p.welcome()
			if c, ok := p.Conn.(*net.TCPConn); ok {
				check(t, c.SetLinger(0))
			} // a unix socket is reset by closing it with something unread
			_, _ = p.Read(make([]byte, 1))
		})
		c := dial(t, address, client.Options{})
		disconnected(t, c.Send(within(t), "bob", nil, codec.QoSRealtimeProcessed), syscall.ECONNRESET)
		<-c.Done()
		disconnected(t, c.Err(), syscall.ECONNRESET)
	})
}

// Each wait ends with its context, and the client is none the worse for it.
func TestContexts(t *testing.T) {
	address := fake(t, "unix", func(p *peer) {
		p.welcome()
		p.serve(func(f *codec.Frame) codec.Status {
			if string(f.Target) == "back" {
				p.send(message("hello"))
				return codec.OK
			}
			f.QoS = codec.QoSNo // no ack for the others
			return 0
		})
	})
	c := dial(t, address, client.Options{})
	for _, w := range waits {
		if w.name == "C" {
			continue // it would take the frame from the last line
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		if err := w.wait(ctx, c); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", w.name, err)
		}
		cancel()
	}
	check(t, c.Send(within(t), "back", nil, codec.QoSProcessed))
	_, err := c.Recv(within(t))
	check(t, err)
}
