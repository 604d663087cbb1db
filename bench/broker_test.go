package bench_test

import (
	"context"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/busrt-go/busrt/bench"
	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// patience is how long a test waits for what is to come.
const patience = time.Minute

// queue is how many frames the broker keeps for a client.
const queue = engine.DefaultQueueFrames

// broker is a broker on a unix socket. It has one event loop, so that what one
// client has seen is counted when another asks.
type broker struct {
	t       *testing.T
	group   *listeners.Group
	path    string
	auditor *client.Client
	asked   uint32 // by the auditor
}

// startBroker starts one, and checks at the end of the test that nothing is
// left running.
func startBroker(t *testing.T) *broker {
	t.Helper()
	t.Cleanup(func() { goleak.VerifyNone(t) })
	e, err := engine.New(engine.Options{StallTime: patience}) // a busy machine is no stalled receiver
	if err != nil {
		t.Fatal(err)
	}
	e.InitCoreRPC()
	group, err := listeners.New(e, listeners.Options{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	b := &broker{t: t, group: group, path: filepath.Join(t.TempDir(), "b.sock")}
	t.Cleanup(b.kill)
	if _, err := group.Listen(t.Context(), b.path, listeners.ListenOptions{}); err != nil {
		t.Fatal(err)
	}
	return b
}

// kill ends the broker without any regard for its clients.
func (b *broker) kill() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = b.group.Shutdown(ctx) // says that clients were cut short
}

func (b *broker) dial(ctx context.Context, name string) (bench.Client, error) {
	return bench.Sockets(b.path, client.Options{})(ctx, name)
}

// lean connects to stream.
func (b *broker) lean(ctx context.Context, name string) (bench.Streamer, error) {
	return bench.Lean(b.path, patience)(ctx, name)
}

// open makes a load generator with 100-byte payloads where o says nothing else.
func (b *broker) open(o bench.Options) *bench.Bench {
	b.t.Helper()
	if o.Dial == nil {
		o.Dial = b.dial
	}
	if o.Name == "" {
		o.Name = "load"
	}
	if o.Operations == 0 && o.Duration == 0 {
		o.Operations = 1000
	}
	g, err := bench.New(o)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(g.Close)
	return g
}

// spy is a client whose operations a test looks at, or interferes with.
type spy struct {
	bench.Client
	onSend func(payload []byte)                           // before it is sent
	onRecv func(frames []codec.Received) []codec.Received // what has been received; Frames only shows it
}

func (s *spy) Send(ctx context.Context, target string, payload []byte, q codec.QoS) error {
	if s.onSend != nil {
		s.onSend(payload)
	}
	return s.Client.Send(ctx, target, payload, q)
}

func (s *spy) RecvBatch(ctx context.Context) ([]codec.Received, error) {
	frames, err := s.Client.RecvBatch(ctx)
	if err == nil && s.onRecv != nil {
		frames = s.onRecv(frames)
	}
	return frames, err
}

func (s *spy) Frames(ctx context.Context) iter.Seq2[codec.Received, error] {
	return func(yield func(codec.Received, error) bool) {
		for f, err := range s.Client.Frames(ctx) {
			if err == nil && s.onRecv != nil {
				s.onRecv([]codec.Received{f})
			}
			if !yield(f, err) {
				return
			}
		}
	}
}

// streamSpy is to streamers what spy is to clients.
type streamSpy struct {
	bench.Streamer
	spy spy
}

func (s *streamSpy) Send(ctx context.Context, op codec.Op, target string, payload []byte, q codec.QoS) error {
	if s.spy.onSend != nil {
		s.spy.onSend(payload)
	}
	return s.Streamer.Send(ctx, op, target, payload, q)
}

func (s *streamSpy) RecvBatch(ctx context.Context) ([]codec.Received, error) {
	frames, err := s.Streamer.RecvBatch(ctx)
	if err == nil && s.spy.onRecv != nil {
		frames = s.spy.onRecv(frames)
	}
	return frames, err
}

// spiedStreams is to lean connections what spied is to those of a dialer.
func spiedStreams(dial bench.StreamDialer, onSend func([]byte), onRecv func([]codec.Received) []codec.Received) bench.StreamDialer {
	return func(ctx context.Context, name string) (bench.Streamer, error) {
		c, err := dial(ctx, name)
		if err != nil {
			return nil, err
		}
		return &streamSpy{c, spy{onSend: onSend, onRecv: onRecv}}, nil
	}
}

// ways are those in which a stage may stream. They are used where they matter.
var ways = []struct {
	name string
	lean bool
}{{"clients", false}, {"lean", true}}

// spied has all connections of a dialer spied on.
func spied(dial bench.Dialer, onSend func([]byte), onRecv func([]codec.Received) []codec.Received) bench.Dialer {
	return func(ctx context.Context, name string) (bench.Client, error) {
		c, err := dial(ctx, name)
		if err != nil {
			return nil, err
		}
		return &spy{Client: c, onSend: onSend, onRecv: onRecv}, nil
	}
}

// received is how many frames the broker has taken in [BUSRT-O16], its own among
// them, but for the questions of the auditor and the answers.
func (b *broker) received() uint64 {
	b.t.Helper()
	if b.auditor == nil {
		var err error
		if b.auditor, err = client.Dial(b.t.Context(), b.path, client.Options{Name: "auditor"}); err != nil {
			b.t.Fatal(err)
		}
		b.t.Cleanup(func() { _ = b.auditor.Close() })
	}
	b.asked++
	if err := b.auditor.Send(b.t.Context(), ".broker", codec.AppendRPCRequest(nil, b.asked, "stats", nil), codec.QoSNo); err != nil {
		b.t.Fatal(err)
	}
	f, err := b.auditor.Recv(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	reply, _ := codec.ParseRPC(f.Payload)
	var stats codec.BrokerStats
	if _, err := stats.UnmarshalMsg(reply.Data); err != nil {
		b.t.Fatal(err)
	}
	return stats.RFrames - 2*uint64(b.asked)
}
