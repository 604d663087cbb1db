package bench

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Result is what came out of a stage.
type Result struct {
	Stage       string
	Workers     int
	PayloadSize int // bytes
	Operations  int // of all workers
	Elapsed     time.Duration

	// Latency holds nanoseconds, with three significant digits and at most a
	// minute; nil if the stage has not begun. See the package comment for what
	// is timed.
	Latency *hdrhistogram.Histogram

	// Lateness, of an open loop, is how late the load generator itself began
	// operations that it could have begun in time: its own part of Latency.
	Lateness *hdrhistogram.Histogram

	// Missed is how many operations of an open loop were not begun at all,
	// because those before took as long again as the stage; they are in Latency.
	Missed int

	BrokerCPU time.Duration // of the broker's process; 0 if it is not seen
	OwnCPU    time.Duration // of the load generator's process
	Resident  int64         // bytes of memory of the broker, at the end; 0 if it is not seen

	// Connection is how many bytes of memory of the broker each took that
	// connect.keep opened; 0 if that is not seen, as where the broker had memory
	// left from earlier work. Only a fresh broker tells.
	Connection float64
}

// Rate is in operations per second, 0 if there were none.
func (r Result) Rate() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Operations) / r.Elapsed.Seconds()
}

// Quantile is the latency that a share q of the timed operations did not
// exceed: 0.5 for the median, 1 for the longest.
func (r Result) Quantile(q float64) time.Duration {
	if r.Latency == nil {
		return 0
	}
	return time.Duration(r.Latency.ValueAtQuantile(100 * q))
}

// longest is what a histogram can hold; what took longer counts as this.
const longest = time.Minute

func newLatency() *hdrhistogram.Histogram { return hdrhistogram.New(1, int64(longest), 3) }

// result adds up what the workers have.
func (r *run) result() Result {
	all := Result{
		Stage:       r.stage.Name,
		Workers:     r.bench.options.Workers,
		PayloadSize: r.bench.options.PayloadSize,
		Operations:  r.done(),
		Elapsed:     r.elapsed,
		Latency:     newLatency(),
		BrokerCPU:   r.broker.cpu,
		OwnCPU:      r.own,
		Resident:    r.broker.resident,
	}
	if r.pace != nil {
		all.Lateness = newLatency()
	}
	for _, w := range r.bench.workers {
		all.Latency.Merge(w.timed.latency)
		if r.pace != nil {
			all.Lateness.Merge(w.timed.lateness)
		}
		all.Missed += w.timed.missed
	}
	if n := all.Operations; r.full > r.bare && n > 0 {
		all.Connection = float64(r.full-r.bare) / float64(n)
	}
	all.Resident = max(all.Resident, r.full)
	return all
}

// LossError says that a receiver did not get what was sent to it.
type LossError struct {
	Stage          string
	Sent, Received int   // frames of one worker
	Cause          error // why the stage ended before its last frame; nil if it did not
}

func (e *LossError) Error() string {
	text := fmt.Sprintf("busrt: %s: %d of %d frames lost", e.Stage, e.Sent-e.Received, e.Sent)
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

func (e *LossError) Unwrap() error { return e.Cause }
