package listeners

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/busrt-go/busrt/engine"
)

// journal is a log that a test reads while it is written.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) count(s string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.b.String(), s)
}

// hang has a loop wait until release.
func (l *loop) hang() (release func()) {
	held, begun := make(chan struct{}), make(chan struct{})
	l.post(func() {
		close(begun)
		<-held
	})
	<-begun
	return func() { close(held) }
}

// A loop that does not come by is told of once, with all stacks, and so is that
// it goes on; the other loop is not told of.
//
// Mutants it fails with: == for >= in sent; answered that does not reset.
func TestWatchdog(t *testing.T) {
	var log journal
	b := serve(t, networkUnix, engine.Options{}, Options{
		Loops: 2, StallTime: 10 * engine.TickInterval, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	for round := 1; round <= 2; round++ {
		release := b.loops[0].hang()
		eventually(t, "a stall", func() bool { return b.Stats().Stalls == uint64(round) })
		eventually(t, "three more ticks", func() bool { return b.loops[0].pulse.missed.Load() > 13 })
		release()
		eventually(t, "its end", func() bool { return log.count("event loop goes on") == round })
		if n := log.count("event loop stalled"); n != round {
			t.Errorf("told %d times of %d stalls", n, round)
		}
	}
	if log.count("(*loop).hang") == 0 {
		t.Error("the stacks do not show what it is about")
	}
	connect(t, b.at, "x")
}

func TestWatchdogOff(t *testing.T) {
	w := newWatchdog(slog.New(slog.DiscardHandler), -1)
	var p pulse
	for range 1000 {
		w.sent(&p, nil)
	}
	w.answered(&p)
	if n := w.stalls.Load(); n != 0 {
		t.Errorf("%d stalls", n)
	}
}

// Shutdown does not wait for a loop that is stuck longer than it is told to, and
// a second.
func TestShutdownStuck(t *testing.T) {
	e, err := engine.New(engine.Options{})
	check(t, err)
	g, err := New(e, Options{Loops: 2})
	check(t, err)
	_, err = g.Listen(t.Context(), t.TempDir()+"/b.sock", ListenOptions{})
	check(t, err)
	release := g.loops[0].hang()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if err := g.Shutdown(ctx); !errors.Is(err, errStuck) {
		t.Errorf("Shutdown: %v", err)
	}
	if d := time.Since(begun); d < stopGrace || d > stopGrace+5*time.Second {
		t.Errorf("it took %v", d)
	}
	release()
	for _, l := range g.loops {
		<-l.done
	}
	for _, p := range g.mu.places {
		check(t, try(p.release))
	}
}
