package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// script says what becomes of the attempts to connect, one after the other; nil
// is one that fails.
type script []func(p *peer)

func (s script) dialer(t *testing.T, dialled *[]time.Time) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		n := len(*dialled)
		*dialled = append(*dialled, time.Now())
		if n >= len(s) || s[n] == nil {
			return nil, io.ErrNoProgress
		}
		ours, theirs := net.Pipe()
		go func() {
			p := newPeer(t, theirs)
			check(t, p.SetDeadline(time.Time{}))
			s[n](p)
			_ = theirs.Close()
		}()
		return ours, nil
	}
}

func welcomeFor(d time.Duration) func(p *peer) {
	return func(p *peer) {
		p.welcome()
		_ = p.SetReadDeadline(time.Now().Add(d)) // the client may have gone
		p.hangUp()
	}
}

func refuse(code codec.Status) func(p *peer) {
	return func(p *peer) {
		p.send(codec.Greeting[:])
		p.take(3)
		p.send([]byte{byte(code)})
	}
}

// The pauses between attempts: they double, up to the longest, and begin anew
// after a connection that lasted.
func TestPauses(t *testing.T) {
	const ms = time.Millisecond
	short, long := welcomeFor(ms), welcomeFor(time.Hour)
	tests := []struct {
		name   string
		r      client.Reconnect
		script script
		pauses []time.Duration // on average, before each attempt but the first
		end    error           // after the last
	}{
		{
			"defaults",
			client.Reconnect{MaxAttempts: 9},
			script{short},
			[]time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms, 6400 * ms, 10e3 * ms, 10e3 * ms},
			io.ErrNoProgress,
		},
		{
			"own",
			client.Reconnect{Initial: 10 * ms, Max: 25 * ms, MaxAttempts: 4},
			script{short},
			[]time.Duration{10 * ms, 20 * ms, 25 * ms, 25 * ms},
			io.ErrNoProgress,
		},
		{
			"a short connection is none",
			client.Reconnect{MaxAttempts: 4},
			script{long, nil, short, nil},
			[]time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms},
			io.ErrNoProgress,
		},
		{
			"a long one begins anew",
			client.Reconnect{MaxAttempts: 2},
			script{long, nil, long, nil},
			[]time.Duration{100 * ms, 200 * ms, 100 * ms, 200 * ms},
			io.ErrNoProgress,
		},
		{
			"the broker does not know yet [BUSRT-H4]",
			client.Reconnect{MaxAttempts: 3},
			script{long, refuse(codec.Busy), refuse(codec.NotRegistered), refuse(codec.Other)},
			[]time.Duration{100 * ms, 200 * ms, 400 * ms},
			codec.Other,
		},
		{"denied", client.Reconnect{}, script{long, refuse(codec.AccessDenied)}, []time.Duration{100 * ms}, codec.AccessDenied},
		{"bad name", client.Reconnect{}, script{long, nil, refuse(codec.Data)}, []time.Duration{100 * ms, 200 * ms}, codec.Data},
		{"not a broker", client.Reconnect{}, script{long, func(p *peer) { p.send([]byte("HTTP")) }}, []time.Duration{100 * ms}, codec.NotSupported},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var dialled, ended []time.Time
				o, _ := reconnecting(tt.r)
				report := o.Reconnect.OnState
				o.Reconnect.OnState = func(s client.State, cause error) {
					if s == client.Disconnected || s == client.AttemptFailed {
						ended = append(ended, time.Now())
					}
					report(s, cause)
				}
				o.Name, o.Silence, o.Dialer = "alice", -1, tt.script.dialer(t, &dialled)
				c, err := client.Dial(t.Context(), "/pipe", o)
				check(t, err)
				<-c.Done()
				disconnected(t, c.Err(), tt.end)
				disconnected(t, c.Send(t.Context(), "bob", nil, codec.QoSProcessed), tt.end)
				check(t, c.Close())
				if len(dialled) != len(tt.pauses)+1 {
					t.Fatalf("%d attempts, want %d", len(dialled), len(tt.pauses)+1)
				}
				for i, want := range tt.pauses {
					if pause := dialled[i+1].Sub(ended[i]); pause < want/2 || pause > want*3/2 || pause > client.DefaultReconnectMax {
						t.Errorf("pause %d: %v, want %v, more or less", i, pause, want)
					}
				}
			})
		})
	}
}

// Dial may be as patient as that.
func TestRetryFirst(t *testing.T) {
	tests := []struct {
		name   string
		r      client.Reconnect
		within time.Duration
		script script
		end    error // nil: connected
	}{
		{"impatient", client.Reconnect{}, time.Hour, script{nil, refuse(codec.AccessDenied)}, io.ErrNoProgress},
		{"patient", client.Reconnect{RetryFirst: true}, time.Hour, script{nil, nil, nil, refuse(codec.Busy), welcomeFor(time.Hour)}, nil},
		{"for so long", client.Reconnect{RetryFirst: true}, time.Second, nil, io.ErrNoProgress},
		{"so often", client.Reconnect{RetryFirst: true, MaxAttempts: 3}, time.Hour, script{nil, nil, nil, refuse(codec.Data)}, io.ErrNoProgress},
		{"denied", client.Reconnect{RetryFirst: true}, time.Hour, script{nil, refuse(codec.AccessDenied), welcomeFor(0)}, codec.AccessDenied},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var dialled []time.Time
				o, _ := reconnecting(tt.r)
				o.Name, o.Silence, o.Dialer = "alice", -1, tt.script.dialer(t, &dialled)
				ctx, cancel := context.WithTimeout(t.Context(), tt.within)
				defer cancel()
				c, err := client.Dial(ctx, "/pipe", o)
				if !errors.Is(err, tt.end) {
					t.Errorf("error %v, want %v", err, tt.end)
				}
				if err == nil {
					check(t, c.Close())
				}
			})
		})
	}
}

// Close ends whatever the client is at.
func TestCloseWhileReconnecting(t *testing.T) {
	hang := func(p *peer) { p.hangUp() }
	first := func(p *peer) {
		p.welcome()
		f, _ := p.frame() // a subscription
		p.send(codec.AppendAck(nil, f.ID, codec.OK))
	}
	tests := []struct {
		name   string
		second func(p *peer)
		after  time.Duration // Close, from the cut on
	}{
		{"pausing", hang, 0},
		{"shaking hands", hang, time.Second},
		{"restoring", func(p *peer) { p.welcome(); hang(p) }, time.Second},
		{"failing", nil, time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var dialled []time.Time
				o, states := reconnecting(client.Reconnect{})
				o.Name, o.Silence, o.Timeout = "alice", -1, time.Hour
				o.Dialer = script{first, tt.second}.dialer(t, &dialled)
				c, err := client.Dial(t.Context(), "/pipe", o)
				check(t, err)
				check(t, c.Subscribe(t.Context(), "a"))
				check(t, states.until(t, client.Connected))
				disconnected(t, states.until(t, client.Disconnected), io.EOF)
				received := make(chan error, 1)
				go func() {
					_, err := c.Recv(t.Context())
					received <- err
				}()
				time.Sleep(tt.after) //nolint:forbidigo // the clock of the bubble
				begun := time.Now()
				check(t, c.Close())
				if took := time.Since(begun); took != 0 {
					t.Errorf("Close took %v", took)
				}
				for what, err := range map[string]error{
					"Err": c.Err(), "Recv": <-received, "Send": c.Send(t.Context(), "bob", nil, codec.QoSNo),
					"Subscribe": c.Subscribe(t.Context(), "b"), "AwaitConnection": c.AwaitConnection(t.Context()),
					"the last state": states.until(t, client.Ended),
				} {
					if !errors.Is(err, client.ErrClosed) {
						t.Errorf("%s: %v", what, err)
					}
				}
			})
		})
	}
}

// A broker that does not let a topic be subscribed to any more: the rest is
// there, and the state says so. One that does not answer is none.
func TestRestoreFails(t *testing.T) {
	deny := func(p *peer) {
		p.welcome()
		p.serve(func(f *codec.Frame) codec.Status {
			if string(f.Payload) == "b" {
				return codec.AccessDenied
			}
			return codec.OK
		})
	}
	mute := func(p *peer) { p.welcome(); p.hangUp() }
	synctest.Test(t, func(t *testing.T) {
		var dialled []time.Time
		o, states := reconnecting(client.Reconnect{})
		o.Name = "alice"
		o.Dialer = script{
			func(p *peer) {
				p.welcome()
				for range 2 {
					f, _ := p.frame()
					p.send(codec.AppendAck(nil, f.ID, codec.OK))
				}
			}, mute, deny,
		}.dialer(t, &dialled)
		c, err := client.Dial(t.Context(), "/pipe", o)
		check(t, err)
		check(t, c.Subscribe(t.Context(), "a", "b"))
		check(t, c.Exclude(t.Context(), "c"))
		check(t, states.until(t, client.Connected))
		disconnected(t, states.until(t, client.Disconnected), io.EOF)
		if s := <-states; s.state != client.AttemptFailed || !errors.Is(s.cause, context.DeadlineExceeded) {
			t.Errorf("a broker that does not answer: %v, %v", s.state, s.cause)
		}
		if err := states.until(t, client.Connected); !errors.Is(err, codec.AccessDenied) {
			t.Errorf("connected: %v", err)
		}
		check(t, c.Close())
	})
}
