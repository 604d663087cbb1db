package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/allocbound"
	"github.com/busrt-go/busrt/internal/wiretest"
)

// FuzzStream has a broker send the bytes of a stranger, in pieces. The
// application receives the frames that are whole, in their order, then learns
// why that was all; and it costs what the bytes do, whatever lengths they
// announce.
func FuzzStream(f *testing.F) {
	all := []byte{}
	for _, c := range wiretest.Deliveries {
		f.Add(c.Wire, []byte{0})
		if c.Fault == 0 {
			all = append(all, c.Wire...)
		}
	}
	f.Add(all, []byte{0, 4, 1})
	f.Add(append(bytes.Clone(all), "\x12\xFF\xFF\xFF\x00\x00bob"...), []byte{200})
	f.Fuzz(func(t *testing.T, stream, cuts []byte) {
		want, ending := frames(stream)
		recording := &recording{
			welcome: slices.Concat(codec.Greeting[:], []byte{byte(codec.OK), byte(codec.OK)}),
			stream:  stream, cuts: cuts, begin: make(chan struct{}), closed: make(chan struct{}),
		}
		c := dial(t, "/fuzz.sock", client.Options{
			Silence: -1, PingInterval: -1,
			Dialer: func(context.Context, string, string) (net.Conn, error) { return recording, nil },
		})
		var err error
		allocbound.Judge(t, len(stream), allocbound.Spent(func() {
			close(recording.begin)
			for err == nil {
				var got []client.Frame
				got, err = c.RecvBatch(t.Context())
				for i := range got {
					if len(want) == 0 || !same(&got[i], &want[0]) {
						t.Fatalf("received %+v, want the next of %+v", got[i], want)
					}
					want = want[1:]
				}
			}
		}))
		if len(want) > 0 {
			t.Errorf("did not receive %+v", want)
		}
		disconnected(t, err, ending)
	})
}

// frames are those of a stream that an application receives, and why there are
// no more.
func frames(stream []byte) (all []codec.Delivery, ending error) {
	for {
		var d codec.Delivery
		n, _, err := codec.NextDelivery(stream, codec.DefaultMaxBody+1<<16, &d)
		switch {
		case err != nil:
			return all, err
		case n > 0:
		case len(stream) > 0:
			return all, io.ErrUnexpectedEOF
		default:
			return all, io.EOF
		}
		stream = stream[n:]
		if d.Kind != codec.KindAck && d.Kind != codec.KindNop {
			all = append(all, d)
		}
	}
}

// recording is a connection whose peer says a welcome and, from begin on, a stream
// in pieces of 1 + a byte of cuts.
type recording struct {
	net.Conn // for what is not called

	welcome, stream, cuts []byte
	reads                 int
	begin, closed         chan struct{}
}

var errScriptClosed = errors.New("closed")

func (s *recording) Read(b []byte) (n int, err error) {
	if len(s.welcome) > 0 {
		n = copy(b, s.welcome)
		s.welcome = s.welcome[n:]
		return n, nil
	}
	select {
	case <-s.begin:
	case <-s.closed:
		return 0, errScriptClosed
	}
	if len(s.stream) == 0 {
		return 0, io.EOF
	}
	n = len(s.stream)
	if len(s.cuts) > 0 {
		n = 1 + int(s.cuts[s.reads%len(s.cuts)])
	}
	n = copy(b, s.stream[:min(n, len(s.stream))])
	s.stream = s.stream[n:]
	s.reads++
	return n, nil
}

func (s *recording) Write(b []byte) (int, error)      { return len(b), nil }
func (s *recording) SetDeadline(time.Time) error      { return nil }
func (s *recording) SetReadDeadline(time.Time) error  { return nil }
func (s *recording) SetWriteDeadline(time.Time) error { return nil }

func (s *recording) Close() error {
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
	return nil
}
