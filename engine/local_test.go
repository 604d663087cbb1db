package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/cpu"
)

// What senders look at for each frame, and what its receiver writes, lie on cache
// lines of their own.
//
// Mutants it fails with: no space between, the tap behind the inbox.
func TestClientLayout(t *testing.T) {
	var c Client
	looked := max(unsafe.Offsetof(c.peer)+unsafe.Sizeof(c.peer), unsafe.Offsetof(c.tap)+unsafe.Sizeof(c.tap))
	if written := unsafe.Offsetof(c.inbox); looked+cpu.CacheLine > written {
		t.Errorf("senders look at bytes up to %d, receiving writes from %d on", looked, written)
	}
}

// insider is an in-process client of a bus.
type insider struct {
	*Client
	bus *bus
}

// insider registers an in-process client with the broker of the bus.
func (b *bus) insider(name string, o ClientOptions) *insider {
	b.Helper()
	c, err := b.broker.Register(b.Context(), name, o)
	if err != nil {
		b.Fatalf("Register(%q): %v", name, err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return &insider{c, b}
}

// queued receives what there is without waiting, as texts.
func (c *insider) queued() (all []string) {
	c.bus.Helper()
	c.bus.run()
	over, cancel := context.WithCancel(context.Background())
	cancel()
	for {
		batch, err := c.RecvBatch(over)
		if err != nil {
			return all
		}
		for i := range batch {
			all = append(all, receivedText(&batch[i]))
		}
	}
}

func receivedText(f *Frame) string {
	return text(&codec.Delivery{
		Kind: f.Kind, Realtime: f.Realtime, Sender: []byte(f.Sender), Topic: []byte(f.Topic), Payload: f.Payload,
	})
}

func (c *insider) expect(want ...string) {
	c.bus.Helper()
	if got := c.queued(); !slices.Equal(got, want) {
		c.bus.Errorf("%q received %q, want %q", c.Name(), got, want)
	}
}

// An in-process receiver without room loses what does not fit, is told so, and
// goes on; who sends to it is neither held up nor cut off, and others get all
// [BUSRT-O13] [BUSRT-O11].
func TestFullInside(t *testing.T) {
	b := newBus(t, 1, Options{})
	full := b.insider("full", ClientOptions{QueueFrames: 4})
	watch, other, alice := b.connect("watch"), b.connect("other"), b.connect("alice")
	watch.subscribe(topicSlow)
	other.subscribe("t")
	if err := full.Subscribe(t.Context(), "t"); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		alice.send(message(uint32(i)+1, "full", fmt.Sprint(i)))
		alice.expect(fmt.Sprintf("ack %d ok", i+1))
	}
	alice.send(message(5, "full", "lost"), publish(6, "t", "news"), broadcast(7, "*", "all"), message(8, "other", "hi"))
	alice.expect("ack 5 not delivered", "ack 6 ok", "broadcast alice: all", "ack 7 ok", "ack 8 ok")
	other.expect("publish alice t: news", "broadcast alice: all", "message alice: hi")
	watch.expect("broadcast alice: all", slowly("full")) // once, not for each frame
	if n, s := full.Lost(), b.broker.Stats(); n != 3 || s.Lost != 3 || alice.session.paused != 0 {
		t.Errorf("lost %d, %d in all, want 3; sender paused: %b", n, s.Lost, alice.session.paused)
	}
	full.expect("message alice: 0", "message alice: 1", "message alice: 2", "message alice: 3")
	alice.send(message(9, "full", "again"))
	alice.expect("ack 9 ok")
	full.expect("message alice: again")
}

// Fan-outs that are encoded once reach in-process receivers too, and skip those
// without room.
func TestFullInsideCrowd(t *testing.T) {
	b := newBus(t, 1, Options{})
	full := b.insider("full", ClientOptions{QueueFrames: 2})
	var rest []*insider
	for i := range 5 {
		rest = append(rest, b.insider(fmt.Sprint("c", i), ClientOptions{}))
	}
	for _, c := range append(rest, full) {
		if err := c.Subscribe(t.Context(), "t"); err != nil {
			t.Fatal(err)
		}
	}
	alice := b.connect("alice")
	alice.send(publish(1, "t", "1"), publish(2, "t", "2"), publish(3, "t", "3"))
	alice.expect("ack 1 ok", "ack 2 ok", "ack 3 ok")
	for _, c := range rest {
		c.expect("publish alice t: 1", "publish alice t: 2", "publish alice t: 3")
	}
	full.expect("publish alice t: 1", "publish alice t: 2")
	if full.Lost() != 1 {
		t.Errorf("lost %d, want 1", full.Lost())
	}
}

// An in-process receiver that receives holds a connection back when it is
// behind, and lets it go on when it has caught up [BUSRT-O17].
func TestInsideHoldsBack(t *testing.T) {
	b := newBus(t, 1, Options{StallTime: time.Hour})
	slow := b.insider("slow", ClientOptions{QueueFrames: 8})
	slow.expect() // it receives
	alice := b.connect("alice")
	for i := range 6 {
		alice.send(message(uint32(i)+1, "slow", fmt.Sprint(i)))
	}
	alice.expect("ack 1 ok", "ack 2 ok", "ack 3 ok", "ack 4 ok", "ack 5 ok")
	if alice.session.paused != pauseFlow {
		t.Errorf("paused: %b", alice.session.paused)
	}
	slow.expect("message alice: 0", "message alice: 1", "message alice: 2", "message alice: 3", "message alice: 4")
	alice.expect("ack 6 ok")
	slow.expect("message alice: 5")
}

// In-process senders wait inside their calls for receivers that are behind, as
// long as a connection would be paused, or their context lasts [BUSRT-O17].
func TestInsideWaits(t *testing.T) {
	for _, tt := range []struct {
		name      string
		stallTime time.Duration
		then      func(b *bus, slow *client, cancel func())
		want      time.Duration
	}{
		{"room", time.Hour, func(b *bus, slow *client, _ func()) {
			b.pass(55 * ms)
			slow.fits(socketBuffer)
			b.run()
		}, 55 * ms},
		{"context", time.Hour, func(b *bus, _ *client, cancel func()) { b.pass(25 * ms); cancel() }, 25 * ms},
		{"stalled", 0, func(b *bus, _ *client, _ func()) { b.pass(time.Second) }, DefaultStallTime},
		{"bound", time.Hour, func(b *bus, _ *client, _ func()) { b.pass(time.Second) }, maxPause},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBus(t, 1, Options{QueueFrames: 8, StallTime: tt.stallTime, Timeout: time.Minute})
				slow := b.connect("slow")
				slow.fits(0)
				alice := b.insider("alice", ClientOptions{})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				took := make(chan time.Duration, 1)
				go func() {
					begun := time.Now()
					for i := range 5 {
						if err := alice.Send(ctx, "slow", []byte{byte(i)}, codec.QoSProcessed); err != nil {
							t.Errorf("frame %d: %v", i, err)
						}
					}
					took <- time.Since(begun)
				}()
				synctest.Wait()
				tt.then(b, slow, cancel)
				if d := <-took; d != tt.want {
					t.Errorf("waited %v, want %v", d, tt.want)
				}
			})
		})
	}
}

// Two in-process clients: the sender is held back by a receiver that is behind,
// and woken by it.
func TestInsideWaitsForInside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBus(t, 1, Options{QueueFrames: 8, StallTime: time.Hour})
		alice, bob := b.insider("alice", ClientOptions{}), b.insider("bob", ClientOptions{})
		bob.expect()
		begun, sent := time.Now(), make(chan time.Duration, 1)
		go func() {
			for i := range 20 {
				if err := alice.Send(t.Context(), "bob", []byte{byte(i)}, codec.QoSProcessed); err != nil {
					t.Errorf("frame %d: %v", i, err)
				}
			}
			sent <- time.Since(begun)
		}()
		for n := 0; n < 20; {
			synctest.Wait()
			<-time.After(ms)
			batch, err := bob.RecvBatch(t.Context())
			if err != nil || len(batch) > 5 {
				t.Fatalf("%d frames, %v", len(batch), err)
			}
			n += len(batch)
		}
		if d := <-sent; d != 4*ms || bob.Lost() != 0 {
			t.Errorf("sent after %v, lost %d", d, bob.Lost())
		}
	})
}

// Nobody but the broker speaks for it [BUSRT-A4].
func TestReservedInside(t *testing.T) {
	b := newBareBus(t, 1, Options{})
	alice := b.insider("alice", ClientOptions{})
	for topic, want := range map[string]error{
		coreName: codec.AccessDenied, topicInfo: codec.AccessDenied, ".brokers": nil, ".broker2/x": nil,
	} {
		if err := alice.Publish(t.Context(), topic, nil, codec.QoSProcessed); !errors.Is(err, want) {
			t.Errorf("Publish(%q) = %v, want %v", topic, err, want)
		}
		if err := alice.PublishFor(t.Context(), topic, "x", nil, codec.QoSProcessed); !errors.Is(err, want) {
			t.Errorf("PublishFor(%q) = %v, want %v", topic, err, want)
		}
	}
	if c := b.broker.Stats(); c.RFrames != 4 { // denied ones are not counted [BUSRT-O16]
		t.Errorf("counted %d frames", c.RFrames)
	}
}

// Frames of in-process clients count their payload only [BUSRT-O16].
func TestCountsInside(t *testing.T) {
	b := newBareBus(t, 1, Options{})
	alice, bob := b.insider("alice", ClientOptions{}), b.insider("bob", ClientOptions{})
	carol := b.connect("carol")
	for _, to := range []string{"bob", "carol", "nobody"} {
		_ = alice.Send(t.Context(), to, []byte("12345"), codec.QoSNo)
	}
	carol.send(message(0, "bob", "123"))
	bob.expect("message alice: 12345", "message carol: 123")
	carol.expect("message alice: 12345")
	want := map[string][4]uint64{
		"alice": {3, 15, 0, 0}, "bob": {0, 0, 2, 5 + 7}, "carol": {1, 7, 1, 5},
	}
	for _, c := range b.broker.Clients() {
		if w, ok := want[c.Name]; ok && w != [4]uint64{c.RFrames, c.RBytes, c.WFrames, c.WBytes} {
			t.Errorf("%s: %+v, want %v", c.Name, c.ClientInfo, w)
		}
	}
	sums := func() [4]uint64 {
		s := b.broker.Stats()
		return [4]uint64{s.RFrames, s.RBytes, s.WFrames, s.WBytes}
	}
	before := sums()
	if before != [4]uint64{4, 22, 3, 17} {
		t.Errorf("in all %v", before)
	}
	_, _ = alice.Close(), bob.Close()
	if s := b.broker.Stats(); sums() != before || s.InProcess != 0 || s.Connections != 1 {
		t.Errorf("after they have left %v, %+v", sums(), s)
	}
}
