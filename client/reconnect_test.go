package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/internal/brokertest"
)

// changes are the states that a client reports.
type changes chan change

type change struct {
	state client.State
	cause error
}

// reconnecting are options that put them into a channel.
func reconnecting(r client.Reconnect) (client.Options, changes) {
	states := make(changes, 1000)
	r.OnState = func(s client.State, cause error) { states <- change{s, cause} }
	return client.Options{Reconnect: &r, PingInterval: -1}, states
}

// until waits for a state, past failed attempts, and gives the cause.
func (cs changes) until(t *testing.T, want client.State) error {
	t.Helper()
	for {
		select {
		case c := <-cs:
			if c.state == want {
				return c.cause
			}
			if c.state != client.AttemptFailed {
				t.Fatalf("%v (%v), want %v", c.state, c.cause, want)
			}
		case <-within(t).Done():
			t.Fatalf("never %v", want)
		}
	}
}

// A broker goes and another comes: the client is there again, with all that it
// had asked for, and has lost nothing that came before.
func TestReconnectToABroker(t *testing.T) {
	brokertest.Over(t, engine.Options{Timeout: patience}, func(t *testing.T, b *brokertest.Broker) {
		o, states := reconnecting(client.Reconnect{})
		bob := dial(t, b.Address, b.Trusted(o))
		check(t, states.until(t, client.Connected))
		check(t, bob.Subscribe(within(t), "a/#", "gone", "c"))
		check(t, bob.Exclude(within(t), "a/x", "c"))
		check(t, bob.Unexclude(within(t), "c"))
		check(t, bob.Unsubscribe(within(t), "gone", ".broker/warn")) // so no notice comes either
		for range 3 {
			check(t, bob.Send(within(t), "alice", []byte("before"), codec.QoSProcessed))
			b.Stop(t)
			if err := states.until(t, client.Disconnected); !errors.Is(err, io.EOF) {
				t.Errorf("disconnected: %v", err)
			}
			disconnected(t, bob.Send(within(t), "alice", nil, codec.QoSNo), io.EOF)
			disconnected(t, bob.Subscribe(within(t), "a/x/y"), io.EOF)
			b.Start(t)
			check(t, bob.AwaitConnection(within(t)))
			check(t, states.until(t, client.Connected))

			carol := dial(t, b.Address, b.Trusted(client.Options{Name: "carol"}))
			for _, topic := range []string{"a/x", "gone", "a", "a/b", "c"} {
				check(t, carol.Publish(within(t), topic, nil, codec.QoSProcessed))
			}
			for _, want := range []client.Frame{
				{Kind: codec.KindMessage, Sender: "alice", Payload: []byte("before")},
				{Kind: codec.KindPublish, Sender: "carol", Topic: "a/b"},
				{Kind: codec.KindPublish, Sender: "carol", Topic: "c"},
			} {
				expect(t, bob, want)
			}
			check(t, bob.Send(within(t), "carol", []byte("after"), codec.QoSProcessed))
			expect(t, carol, client.Frame{Kind: codec.KindMessage, Sender: "alice", Payload: []byte("after")})
			check(t, carol.Close())
		}
		check(t, bob.Close())
		if err := states.until(t, client.Ended); !errors.Is(err, client.ErrClosed) {
			t.Errorf("ended: %v", err)
		}
	})
}

// What waits for the broker fails at the cut; what receives goes on.
func TestCuts(t *testing.T) {
	overAll(t, func(t *testing.T, network string) {
		for _, w := range waits {
			t.Run(w.name, func(t *testing.T) {
				var connections atomic.Int32
				address := fake(t, network, func(p *peer) {
					p.welcome()
					if connections.Add(1) == 1 && w.sends {
						p.frame()
					} else if connections.Load() == 2 {
						p.send(message("hello"))
						p.serve(always(codec.OK))
					}
				})
				o, states := reconnecting(client.Reconnect{Initial: time.Millisecond})
				c := dial(t, address, o)
				outcome := make(chan error, 1)
				go func() { outcome <- w.wait(within(t), c) }()
				if w.sends {
					disconnected(t, <-outcome, io.EOF)
				}
				check(t, states.until(t, client.Connected))
				if err := states.until(t, client.Disconnected); !errors.Is(err, io.EOF) {
					t.Errorf("disconnected: %v", err)
				}
				check(t, states.until(t, client.Connected))
				switch {
				case w.sends:
					check(t, w.wait(within(t), c))
				case w.name == "Done":
					check(t, c.Err())
					check(t, c.Close())
					if err := <-outcome; !errors.Is(err, client.ErrClosed) {
						t.Errorf("after Close: %v", err)
					}
				case w.name == "C":
					if err := <-outcome; err == nil || !strings.Contains(err.Error(), "Sender:bob") {
						t.Errorf("%v", err)
					}
				default:
					check(t, <-outcome)
				}
			})
		}
	})
}

// Subscribing while connections come and go: what succeeded is there in the
// end, what failed is not.
func TestSubscribeWhileReconnecting(t *testing.T) {
	const topics, changers, rounds = 20, 4, 40
	type set map[string]bool
	last := make(chan set, 1)
	var stable atomic.Bool
	address := fake(t, "unix", func(p *peer) {
		p.welcome()
		has := set{}
		left := rand.IntN(30)
		p.serve(func(f *codec.Frame) codec.Status {
			for topic := range strings.SplitSeq(string(f.Payload), "\x00") {
				has[fmt.Sprintf("%d %s", f.Op/2, topic)] = f.Op%2 == 0 // 2, 3 and 4, 5 [BUSRT-F3]
			}
			if left--; left == 0 && !stable.Load() {
				_ = p.Close()
			}
			return codec.OK
		})
		if stable.Load() {
			last <- has
		}
	})
	o, _ := reconnecting(client.Reconnect{Initial: time.Microsecond, Max: time.Millisecond})
	c := dial(t, address, o)
	var (
		mu   sync.Mutex
		want = set{}
		wg   sync.WaitGroup
	)
	for n := range changers {
		wg.Go(func() {
			for range rounds {
				topic := fmt.Sprintf("%d/%d", n, rand.IntN(topics))
				op := rand.IntN(4)
				do := []func(context.Context, ...string) error{c.Subscribe, c.Unsubscribe, c.Exclude, c.Unexclude}[op]
				switch err := do(within(t), topic); {
				case err == nil:
					mu.Lock()
					want[fmt.Sprintf("%d %s", op/2+1, topic)] = op%2 == 0
					mu.Unlock()
				case errors.As(err, new(*client.DisconnectedError)):
					_ = c.AwaitConnection(within(t))
				default:
					t.Errorf("%v", err)
				}
			}
		})
	}
	wg.Wait()
	stable.Store(true)
	check(t, c.AwaitConnection(within(t)))
	for c.Subscribe(within(t), "end") != nil {
		check(t, c.AwaitConnection(within(t)))
	}
	check(t, c.Close())
	want["1 end"] = true
	isFalse := func(_ string, is bool) bool { return !is }
	got := <-last
	maps.DeleteFunc(got, isFalse)
	maps.DeleteFunc(want, isFalse)
	if !maps.Equal(got, want) {
		t.Errorf("the broker knows %v, want %v", got, want)
	}
}
