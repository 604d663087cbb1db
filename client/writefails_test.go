package client_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// broken is a connection whose writes fail from some time on.
type broken struct {
	net.Conn
	err chan error
}

func (b *broken) Write(p []byte) (int, error) {
	select {
	case err := <-b.err:
		return 0, err
	default:
		return b.Conn.Write(p)
	}
}

// A socket that takes nothing any more gives for a second what it has.
func TestWriteFails(t *testing.T) {
	ours, theirs := net.Pipe()
	conn := &broken{ours, make(chan error, 1)}
	fault := errors.New("the cable is out")
	synctest.Test(t, func(t *testing.T) {
		ours, theirs = net.Pipe()
		conn.Conn = ours
		go func() {
			p := newPeer(t, theirs)
			p.welcome()
			go p.hangUp()
			time.Sleep(client.DefaultPingInterval) //nolint:forbidigo // the clock of the bubble
			p.send(message("the last word"))
		}()
		c, err := client.Dial(t.Context(), "/pipe", client.Options{
			Name:   "alice",
			Dialer: func(context.Context, string, string) (net.Conn, error) { return conn, nil },
		})
		check(t, err)
		begun := time.Now()
		conn.err <- fault // found out by the next ping
		f, err := c.Recv(t.Context())
		check(t, err)
		if string(f.Payload) != "the last word" {
			t.Errorf("received %q", f.Payload)
		}
		disconnected(t, c.Send(t.Context(), "bob", nil, codec.QoSNo), fault)
		_, err = c.Recv(t.Context())
		disconnected(t, err, fault)
		if took := time.Since(begun); took != client.DefaultPingInterval/2+time.Second {
			t.Errorf("ended after %v", took)
		}
		check(t, c.Close())
		check(t, theirs.Close())
	})
}
