package listeners

import (
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/busrt-go/busrt/engine"
)

// maxStacks is how much of the stacks of a stalled process is logged, in bytes.
const maxStacks = 1 << 20

// watchdog tells of event loops that do not come by: whatever holds one up, a
// system call or a mistake, its clients wait, and the stacks say for what. It
// counts ticks, not time: a machine that slept has not stalled.
type watchdog struct {
	log    *slog.Logger
	ticks  int32 // that a loop may miss; 0: any number
	stalls atomic.Uint64
}

func newWatchdog(log *slog.Logger, after time.Duration) *watchdog {
	w := &watchdog{log: log}
	if after > 0 {
		w.ticks = int32(max(2, after/engine.TickInterval))
	}
	return w
}

// pulse is what the watchdog knows of a loop, or the strand.
type pulse struct {
	missed atomic.Int32 // ticks that it was sent and has not come to
}

// sent notes that a loop was sent a tick; done is closed when it has ended. The
// ticker's goroutine only.
func (w *watchdog) sent(p *pulse, done <-chan struct{}) {
	if w.ticks == 0 || p.missed.Add(1) != w.ticks {
		return
	}
	select {
	case <-done: // it has ended, and that was logged
		return
	default:
	}
	w.stalls.Add(1)
	stacks := make([]byte, maxStacks)
	w.log.Error("event loop stalled", "ticks", w.ticks, "stacks", string(stacks[:runtime.Stack(stacks, true)]))
}

// answered notes that the loop has come to its tick. Loop only.
func (w *watchdog) answered(p *pulse) {
	if missed := p.missed.Swap(0); w.ticks > 0 && missed >= w.ticks {
		w.log.Warn("event loop goes on", "stalled for", time.Duration(missed)*engine.TickInterval)
	}
}
