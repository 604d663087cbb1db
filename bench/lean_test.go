package bench_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busrt-go/busrt/bench"
	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

func TestLean(t *testing.T) {
	for _, address := range []string{"nonsense", "ws://localhost:1"} {
		if bench.Lean(address, patience) != nil {
			t.Errorf("%s can be reached", address)
		}
	}
	b := startBroker(t)
	one, err := b.lean(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = one.Close() })
	if _, err := b.lean(t.Context(), "one"); !errors.Is(err, codec.Busy) {
		t.Errorf("a name that is taken: %v, want %v", err, codec.Busy)
	}
	if err := one.Send(t.Context(), codec.OpMessage, "nobody", nil, codec.QoSProcessed); !errors.Is(err, codec.NotRegistered) {
		t.Errorf("to nobody: %v, want %v", err, codec.NotRegistered)
	}
	if err := one.Subscribe(t.Context(), "topic"); err != nil {
		t.Error(err)
	}

	// Around the lengths where a frame is written, and read, in another way.
	lengths := []int{0, 1, 100, 16<<10 - 1, 16 << 10, 64 << 10, 1, 1 << 20, 0}
	payload := func(i int) []byte { return bytes.Repeat([]byte{byte(i + 1)}, lengths[i]) }
	for i := range lengths {
		op, target := codec.OpMessage, "one"
		if i%2 > 0 {
			op, target = codec.OpPublish, "topic"
		}
		if err := one.Send(t.Context(), op, target, payload(i), codec.QoSNo); err != nil {
			t.Fatal(err)
		}
	}
	if err := one.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(lengths); {
		frames, err := one.RecvBatch(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range frames {
			want := codec.Received{Kind: codec.KindMessage, Sender: "one", Payload: payload(i)}
			if i%2 > 0 {
				want.Kind, want.Topic = codec.KindPublish, "topic"
			}
			if f.Kind != want.Kind || f.Sender != want.Sender || f.Topic != want.Topic || !bytes.Equal(f.Payload, want.Payload) {
				t.Errorf("frame %d: a %v of %q on %q with %d bytes", i, f.Kind, f.Sender, f.Topic, len(f.Payload))
			}
			i++
		}
	}
	b.kill()
	err = nil
	for err == nil { // it says that it ends
		_, err = one.RecvBatch(t.Context())
	}
	if !errors.Is(err, io.EOF) {
		t.Errorf("without a broker: %v, want %v", err, io.EOF)
	}
}

// A context interrupts a direction, and the next call goes on where that was.
func TestLeanInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker, conn := net.Pipe()
		defer func() { _ = broker.Close() }()
		one := bench.NewLean(conn, time.Second)
		defer func() { _ = one.Close() }()
		reason := errors.New("over")
		wire := codec.AppendDelivery(nil, codec.KindMessage, false, "bob", nil, []byte("hello"))
		for range 3 {
			ctx, cancel := context.WithCancelCause(t.Context())
			go func() {
				_, _ = broker.Write(wire[:7])
				cancel(reason)
			}()
			if _, err := one.RecvBatch(ctx); !errors.Is(err, reason) {
				t.Errorf("error %v, want %v", err, reason)
			}
			if err := one.Send(ctx, codec.OpMessage, "bob", make([]byte, 1<<20), codec.QoSNo); !errors.Is(err, reason) {
				t.Errorf("error %v, want %v", err, reason)
			}
			go func() { _, _ = broker.Write(wire[7:]) }()
			frames, err := one.RecvBatch(t.Context())
			if err != nil || len(frames) != 1 || string(frames[0].Payload) != "hello" {
				t.Fatalf("%v, %v", frames, err)
			}
		}
		// Nobody answers.
		go func() { _, _ = io.Copy(io.Discard, broker) }()
		if err := one.Send(t.Context(), codec.OpMessage, "bob", nil, codec.QoSProcessed); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("without an ack: %v, want %v", err, context.DeadlineExceeded)
		}
	})
}

// Who only receives pings [BUSRT-T1].
func TestLeanPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker, conn := net.Pipe()
		one := bench.NewLean(conn, time.Second)
		start, b := time.Now(), make([]byte, codec.FrameHeaderLen)
		for i := range 3 {
			if _, err := io.ReadFull(broker, b); err != nil || !bytes.Equal(b, codec.AppendPing(nil)) {
				t.Fatalf("% x, %v, want a ping", b, err)
			}
			if got, want := time.Since(start), time.Duration(i+1)*bench.DefaultPingInterval; got != want {
				t.Errorf("ping %d after %v, want %v", i, got, want)
			}
		}
		_ = broker.Close()
		var ended *client.DisconnectedError
		if _, err := one.RecvBatch(t.Context()); !errors.As(err, &ended) {
			t.Errorf("error %v, want a DisconnectedError", err)
		}
		_ = one.Close()
	})
}
