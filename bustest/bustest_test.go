package bustest_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/busrt-go/busrt/bustest"
	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var networks = []string{bustest.Unix, bustest.TCP}

// What clients do before and after a restart, at the same address.
func TestRestart(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			b := bustest.Options{Network: network, Leaks: true}.NewBroker(t)
			address, first := b.Address(), b.Broker()
			for range 3 {
				alice, bob := b.Client("alice"), b.Client("bob")
				check(t, alice.Send(t.Context(), "bob", []byte("hi"), codec.QoSProcessed))
				f, err := bob.Recv(t.Context())
				if err != nil || string(f.Payload) != "hi" {
					t.Fatalf("got %+v, %v", f, err)
				}
				b.Restart()
				for _, c := range []*client.Client{alice, bob} { // the notice, then the end [BUSRT-A2]
					f, err := c.Recv(t.Context())
					if err != nil || f.Topic != ".broker/warn" {
						t.Fatalf("got %+v, %v", f, err)
					}
					var ended *client.DisconnectedError
					if _, err := c.Recv(t.Context()); !errors.As(err, &ended) {
						t.Fatalf("after the notice: %v", err)
					}
				}
				if b.Address() != address || b.Broker() == first {
					t.Fatalf("at %s, was at %s; the same broker: %t", b.Address(), address, b.Broker() == first)
				}
			}
		})
	}
}

func TestStop(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			b := bustest.Options{Network: network, Leaks: true}.NewBroker(t)
			b.Stop()
			b.Stop()
			if _, err := client.Dial(t.Context(), b.Address(), client.Options{Name: "alice"}); err == nil {
				t.Error("somebody listens")
			}
			b.Restart()
			b.Client("alice")
		})
	}
}

// A wait is over when the other side is as far, not before.
func TestWaits(t *testing.T) {
	b := bustest.NewBroker(t)
	alice := b.Client("alice")
	failed := make(chan error, 1)
	go func() {
		failed <- func() error {
			bob, err := client.Dial(t.Context(), b.Address(), client.Options{Name: "bob"})
			if err != nil {
				return err
			}
			if err := bob.Subscribe(t.Context(), "news/+", "secret/#"); err != nil {
				return err
			}
			if _, err := bob.Recv(t.Context()); err != nil {
				return err
			}
			if err := bob.Exclude(t.Context(), "secret/x"); err != nil {
				return err
			}
			return bob.Close()
		}()
	}()
	b.WaitClient("bob")
	b.WaitSubscribed("news/today")
	b.WaitSubscribed("secret/x")
	if b.Broker().Subscribed("news") || b.Broker().Subscribed(".broker/warn") {
		t.Error("nobody is subscribed to that")
	}
	check(t, alice.Publish(t.Context(), "news/today", nil, codec.QoSNo))
	b.WaitGone("bob")
	check(t, <-failed)
	if err := alice.Send(t.Context(), "bob", nil, codec.QoSProcessed); !errors.Is(err, codec.NotRegistered) {
		t.Errorf("bob is gone: %v", err)
	}
}

// An exclusion counts.
func TestSubscribedAndExcluded(t *testing.T) {
	b := bustest.NewBroker(t)
	bob := b.Client("bob")
	check(t, bob.Subscribe(t.Context(), "#"))
	check(t, bob.Exclude(t.Context(), "secret/#"))
	if b.Broker().Subscribed("secret/x") || !b.Broker().Subscribed("secret") {
		t.Error("the exclusion is not seen")
	}
}

func TestBare(t *testing.T) {
	b := bustest.Options{Bare: true}.NewBroker(t)
	if err := b.Client("alice").Send(t.Context(), ".broker", nil, codec.QoSProcessed); !errors.Is(err, codec.NotRegistered) {
		t.Errorf("a broker without core RPC: %v", err)
	}
}

// The directory of a test with a long name is too long for a socket.
func TestLongName(t *testing.T) {
	t.Run(strings.Repeat("long", 40), func(t *testing.T) {
		t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "far"))
		b := bustest.NewBroker(t)
		b.Client("alice")
		if n := len(b.Address()); n > 103 {
			t.Errorf("a path of %d bytes", n)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	for i := range 20 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			b := bustest.Options{Network: networks[i%2]}.NewBroker(t)
			alice := b.Client("alice")
			check(t, alice.Send(t.Context(), "alice", nil, codec.QoSProcessed))
		})
	}
}

// recorder is a test that goes on when it has failed, to look at.
type recorder struct {
	testing.TB
	cleanups []func()
	failures []string
}

func (r *recorder) Helper()           {}
func (r *recorder) Cleanup(f func())  { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Error(args ...any) { r.failures = append(r.failures, fmt.Sprint(args...)) }

func (r *recorder) Errorf(f string, a ...any) { r.failures = append(r.failures, fmt.Sprintf(f, a...)) }
func (r *recorder) Fatal(args ...any)         { r.Error(args...); panic(r) }

// end does what the end of a test does.
func (r *recorder) end() {
	for len(r.cleanups) > 0 {
		last := len(r.cleanups) - 1
		f := r.cleanups[last]
		r.cleanups = r.cleanups[:last]
		f()
	}
}

// What the program under test leaves is found, if that is asked for.
func TestLeaks(t *testing.T) {
	for _, asked := range []bool{false, true} {
		r := &recorder{TB: t}
		b := bustest.Options{Leaks: asked}.NewBroker(r)
		b.Client("alice")
		f, err := os.Open(os.DevNull)
		check(t, err)
		stop, done := make(chan struct{}), make(chan struct{})
		go func() {
			<-stop
			close(done)
		}()
		r.end()
		close(stop)
		<-done
		check(t, f.Close())
		found := strings.Join(r.failures, "\n")
		if got := strings.Contains(found, "goroutine") && strings.Contains(found, "descriptors"); got != asked {
			t.Errorf("asked to look for leaks: %t, found: %q", asked, found)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []bustest.Options{{Network: "udp"}, {Engine: engine.Options{QueueFrames: -1}}, {Engine: engine.Options{Timeout: -time.Second}}} {
		r := &recorder{TB: t}
		func() {
			defer func() { _ = recover() }()
			o.NewBroker(r)
		}()
		r.end()
		if len(r.failures) != 1 || !strings.HasPrefix(r.failures[0], "busrt: ") {
			t.Errorf("%+v: %q", o, r.failures)
		}
	}
}
