package client_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// piped runs test in a bubble where time passes only while all wait, with a
// client that is connected to script by a pipe. Its sends are all written by
// the writer's loop, for a pipe is no socket.
func piped(t *testing.T, o client.Options, script func(p *peer), test func(t *testing.T, c *client.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		scripted := make(chan struct{})
		go func() {
			defer close(scripted)
			defer func() { _ = theirs.Close() }()
			p := newPeer(t, theirs)
			check(t, p.SetDeadline(time.Time{}))
			script(p)
		}()
		o.Name = "alice"
		if o.Dialer == nil {
			o.Dialer = func(context.Context, string, string) (net.Conn, error) { return ours, nil }
		}
		c, err := client.Dial(t.Context(), "/pipe", o)
		check(t, err)
		test(t, c)
		check(t, c.Close())
		<-scripted
	})
}

// heard is when a peer heard what, since it began to listen.
type heard struct {
	at time.Duration
	op codec.Op
	n  byte // the first byte of the payload
}

// listenTo gives all that a client says until it leaves.
func (p *peer) listenTo() (all []heard) {
	begun := time.Now()
	var (
		d codec.Decoder
		f codec.Frame
	)
	for p.more() {
		for {
			n, _, err := d.Next(p.in, &f)
			check(p.t, err)
			if n == 0 {
				break
			}
			h := heard{at: time.Since(begun), op: f.Op}
			if len(f.Payload) > 0 {
				h.n = f.Payload[0]
			}
			all = append(all, h)
			p.in = p.in[n:]
			if f.QoS.NeedsAck() {
				go p.send(codec.AppendAck(nil, f.ID, codec.OK))
			}
		}
	}
	return all
}

func TestPings(t *testing.T) { // [BUSRT-T1] [BUSRT-T4]
	const ms = time.Millisecond
	tests := []struct {
		name     string
		interval time.Duration
		sends    []time.Duration // when, from the start
		want     []time.Duration // the pings, until 3 s have passed
	}{
		{"idle", 0, nil, []time.Duration{500 * ms, 1500 * ms, 2500 * ms}},
		{"own interval", 400 * ms, nil, []time.Duration{200 * ms, 600 * ms, 1000 * ms, 1400 * ms, 1800 * ms, 2200 * ms, 2600 * ms}},
		{"off", -1, nil, nil},
		{"busy now and then", 0, []time.Duration{600 * ms, 1400 * ms, 1600 * ms}, []time.Duration{500 * ms, 2500 * ms}},
		{"the longest pause there is", 0, []time.Duration{501 * ms, 1501 * ms}, []time.Duration{500 * ms, 1500 * ms, 2500 * ms}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var all []heard
			piped(t, client.Options{PingInterval: tt.interval, Silence: -1}, func(p *peer) {
				p.welcome()
				all = p.listenTo()
			}, func(t *testing.T, c *client.Client) {
				begun := time.Now()
				for _, at := range tt.sends {
					time.Sleep(at - time.Since(begun)) //nolint:forbidigo // the clock of the bubble
					check(t, c.Send(t.Context(), "bob", nil, codec.QoSRealtime))
				}
				time.Sleep(3*time.Second - 1 - time.Since(begun)) //nolint:forbidigo // the clock of the bubble
			})
			var pings []time.Duration
			for _, h := range all {
				if h.op == codec.OpNop {
					pings = append(pings, h.at)
				}
			}
			if !slices.Equal(pings, tt.want) {
				t.Errorf("pings at %v, want %v", pings, tt.want)
			}
			if want := len(tt.want) + len(tt.sends); len(all) != want {
				t.Errorf("%d frames, want %d", len(all), want)
			}
		})
	}
}

func TestBufferTTL(t *testing.T) { // [BUSRT-O15]
	const ttl = 100 * time.Millisecond
	type send struct {
		at  time.Duration
		qos codec.QoS
	}
	tests := []struct {
		name  string
		sends []send
		want  []time.Duration
	}{
		{"a frame waits for company", []send{{0, codec.QoSNo}}, []time.Duration{ttl}},
		{"and is written with it", []send{{0, codec.QoSNo}, {ttl / 2, codec.QoSNo}}, []time.Duration{ttl, ttl}},
		{"the wait begins anew", []send{{0, codec.QoSNo}, {2 * ttl, codec.QoSNo}}, []time.Duration{ttl, 3 * ttl}},
		{"realtime does not wait, nor who was before", []send{{0, codec.QoSNo}, {ttl / 2, codec.QoSRealtime}}, []time.Duration{ttl / 2, ttl / 2}},
		{"nor does who wants an ack", []send{{0, codec.QoSNo}, {ttl / 2, codec.QoSProcessed}}, []time.Duration{ttl / 2, ttl / 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var all []heard
			piped(t, client.Options{BufferTTL: ttl, PingInterval: -1}, func(p *peer) {
				p.welcome()
				all = p.listenTo()
			}, func(t *testing.T, c *client.Client) {
				begun := time.Now()
				for i, s := range tt.sends {
					time.Sleep(s.at - time.Since(begun)) //nolint:forbidigo // the clock of the bubble
					check(t, c.Send(t.Context(), "bob", []byte{byte(i)}, s.qos))
				}
				time.Sleep(5 * ttl) //nolint:forbidigo // the clock of the bubble
			})
			if len(all) != len(tt.want) {
				t.Fatalf("%d frames, want %d", len(all), len(tt.want))
			}
			for i, h := range all {
				if h.n != byte(i) || h.at != tt.want[i] {
					t.Errorf("frame %d came at %v, want frame %d at %v", h.n, h.at, i, tt.want[i])
				}
			}
		})
	}
}

func TestSilence(t *testing.T) {
	tests := []struct {
		name    string
		silence time.Duration
		nops    int           // one each 2.5 s [BUSRT-B1]
		want    time.Duration // of the end, from the start; 0: there is none within an hour
	}{
		{"from the start", 0, 0, 15 * time.Second},
		{"after some time", 0, 100, 265 * time.Second},
		{"as long as something comes", 0, 2000, 0},
		{"own limit", time.Second, 0, time.Second},
		{"off", -1, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			piped(t, client.Options{Silence: tt.silence}, func(p *peer) {
				p.welcome()
				gone := make(chan struct{})
				go func() {
					p.hangUp()
					close(gone)
				}()
				for range tt.nops {
					select {
					case <-time.After(2500 * time.Millisecond):
						p.send(codec.AppendNop(nil))
					case <-gone:
					}
				}
				<-gone
			}, func(t *testing.T, c *client.Client) {
				begun := time.Now()
				select {
				case <-c.Done():
					disconnected(t, c.Err(), client.ErrSilent)
					if took := time.Since(begun); tt.want == 0 || took < tt.want || took > tt.want+time.Second {
						t.Errorf("ended after %v, want %v", took, tt.want)
					}
				case <-time.After(time.Hour):
					if tt.want != 0 {
						t.Error("did not end")
					}
				}
			})
		})
	}
}

// While the application does not receive, the silence is the client's own.
func TestSilenceOfAFullQueue(t *testing.T) {
	piped(t, client.Options{QueueSize: 1}, func(p *peer) {
		p.welcome()
		go p.hangUp() // reads the pings
		for range 3 {
			p.send(message("hello"))
		}
		p.hangUp()
	}, func(t *testing.T, c *client.Client) {
		time.Sleep(time.Hour) //nolint:forbidigo // the clock of the bubble
		for range 3 {
			_, err := c.Recv(t.Context())
			check(t, err)
		}
	})
}

func TestDialTakesItsTimeoutAtMost(t *testing.T) { // the client's side of [BUSRT-H8]
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer func() { _ = theirs.Close() }()
		go func() { _, _ = theirs.Write(codec.Greeting[:]) }() // and no more
		begun := time.Now()
		c, err := client.Dial(t.Context(), "/pipe", client.Options{
			Name:   "alice",
			Dialer: func(context.Context, string, string) (net.Conn, error) { return ours, nil },
		})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != client.DefaultTimeout {
			t.Errorf("connected: %t, error %v after %v", c != nil, err, time.Since(begun))
		}
	})
}

func TestTheTimeoutOfDialEndsWithIt(t *testing.T) {
	piped(t, client.Options{Timeout: time.Second, Silence: -1}, func(p *peer) {
		p.welcome()
		p.listenTo()
	}, func(t *testing.T, c *client.Client) {
		time.Sleep(time.Minute) //nolint:forbidigo // the clock of the bubble
		check(t, c.Send(t.Context(), "bob", nil, codec.QoSProcessed))
	})
}
