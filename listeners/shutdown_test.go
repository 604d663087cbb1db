package listeners

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// TestShutdownUnderLoad: clients send and receive as fast as they can when the
// broker goes. Each hears of it [BUSRT-A2], no stream ends inside a frame
// [BUSRT-B7], and nothing is left (serve looks).
func TestShutdownUnderLoad(t *testing.T) {
	for _, network := range all {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{StallTime: patience}, Options{Loops: 3})
			var clients sync.WaitGroup
			running := make(chan struct{}, 6)
			var all []*client
			for i := range 6 {
				c := connect(t, b.at, fmt.Sprint("c", i))
				c.subscribe("t")
				all = append(all, c)
			}
			for _, c := range all {
				clients.Go(func() {
					frame := codec.AppendFrame(nil, 0, codec.OpPublish, codec.QoSNo, "t", make([]byte, 300))
					for {
						if _, err := c.Write(frame); err != nil {
							return // the broker has closed
						}
					}
				})
				clients.Go(func() { told(t, c, running) })
			}
			for range 6 {
				<-running
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := b.Shutdown(ctx); err != nil {
				t.Errorf("shutdown: %v", err)
			}
			clients.Wait()
			if _, err := open(t.Context(), b.at); err == nil {
				t.Error("it still listens")
			}
		})
	}
}

// told reads to the end and expects to be told before.
func told(t *testing.T, c *client, running chan<- struct{}) {
	t.Helper()
	warned := false
	for n := 0; ; n++ {
		d, err := c.read()
		if err != nil {
			if !warned {
				t.Errorf("not told before %v", err)
			}
			if strings.HasPrefix(err.Error(), "cut in a body") && !errors.Is(err, unix.ECONNRESET) {
				t.Errorf("the stream ends inside a frame: %v", err)
			}
			return
		}
		if n == 100 {
			running <- struct{}{}
		}
		warned = warned || string(d.Topic) == ".broker/warn"
	}
}

// TestShutdownFlushes: what is queued for a client that reads slowly is still
// written, whole, before its connection closes [BUSRT-B7]. The last byte comes
// before the end also on TCP.
func TestShutdownFlushes(t *testing.T) {
	for _, network := range all {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{StallTime: -1}, Options{Loops: 2})
			x, y := connect(t, b.at, "x"), connect(t, b.at, "y")
			payload := strings.Repeat("p", 100_000)
			const frames = 100 // 10 MB: far more than any socket holds
			for range frames {
				x.message("y", payload)
			}
			x.send(codec.AppendFrame(nil, 1, codec.OpMessage, codec.QoSProcessed, "x", []byte("queued")))
			x.got(codec.KindMessage, "x", "", "queued")
			x.acked(1, codec.OK)
			down := make(chan error, 1)
			go func() { down <- b.Shutdown(t.Context()) }()
			x.ended() // so the broker is at it
			for range frames {
				y.got(codec.KindMessage, "x", "", payload)
			}
			if d := y.next(); string(d.Topic) != ".broker/warn" {
				t.Errorf("got %v", d)
			}
			y.ended()
			check(t, <-down)
		})
	}
}

// TestShutdownCutShort: clients that take nothing do not hold the end up beyond
// its context. Later calls have nothing to do.
func TestShutdownCutShort(t *testing.T) {
	for _, network := range all {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{StallTime: -1}, Options{Loops: 2})
			x := connect(t, b.at, "x")
			connect(t, b.at, "y")
			for range 100 {
				x.message("y", strings.Repeat("p", 100_000))
			}
			x.send(codec.AppendFrame(nil, 1, codec.OpMessage, codec.QoSProcessed, "y", nil))
			x.acked(1, codec.OK)
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if err := b.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("shutdown: %v, want the error of its context", err)
			}
			check(t, b.Shutdown(t.Context()))
			if _, err := b.Listen(t.Context(), "127.0.0.1:0", ListenOptions{}); !errors.Is(err, ErrShutdown) {
				t.Errorf("listen: %v, want %v", err, ErrShutdown)
			}
			if b.at.Network() == networkUnix {
				if _, err := os.Lstat(b.at.String()); err == nil {
					t.Error("the path is still there")
				}
			}
		})
	}
}

// TestShutdownTwice: calls at the same time both return when it is over.
func TestShutdownTwice(t *testing.T) {
	b := serve(t, networkUnix, engine.Options{}, Options{})
	connect(t, b.at, "x")
	var calls sync.WaitGroup
	for range 4 {
		calls.Go(func() {
			if err := b.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			for _, l := range b.loops {
				<-l.done
			}
		})
	}
	calls.Wait()
}
