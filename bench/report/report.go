package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/busrt-go/busrt/bench"
)

// Format is what a report of this version begins with.
const Format = "busrt-bench/1"

// Report is what one command has measured.
type Report struct {
	Format   string    `json:"format"`
	Command  []string  `json:"command"`
	Time     time.Time `json:"time"` // when it began
	Complete bool      `json:"complete"`
	Machine  Machine   `json:"machine"`
	Brokers  []Broker  `json:"brokers"`
	Results  []Result  `json:"results"`
}

// Broker is one that was measured.
type Broker struct {
	Name    string `json:"name"`
	Command string `json:"command,omitempty"` // if it was started for this
	Address string `json:"address,omitempty"`
	Author  string `json:"author,omitempty"` // as it says itself
	Version string `json:"version,omitempty"`
}

// Result is one round of a case on a broker.
type Result struct {
	Broker     string         `json:"broker"`
	Case       string         `json:"case"`
	Stage      string         `json:"stage"`
	Parameters map[string]int `json:"parameters,omitempty"` // those that are not the usual ones
	Round      int            `json:"round"`                // from 1
	Error      string         `json:"error,omitempty"`      // then figures are those until it failed, and count for nothing
	Operations int            `json:"operations"`
	Seconds    float64        `json:"seconds"`
	Rate       float64        `json:"rate"`                  // operations per second
	Asked      float64        `json:"asked_rate,omitempty"`  // of an open loop
	Missed     int            `json:"missed,omitempty"`      // operations that an open loop did not begin
	Lateness   int64          `json:"lateness_ns,omitempty"` // of the load generator itself in an open loop, 99 %

	BrokerCPU  float64 `json:"broker_cpu_ns,omitempty"` // an operation; 0 if it was not seen
	OwnCPU     float64 `json:"own_cpu_ns,omitempty"`    // of the load generator
	Resident   int64   `json:"resident_bytes,omitempty"`
	Connection float64 `json:"connection_bytes,omitempty"` // of each connection kept

	Latency   *Latency `json:"latency,omitempty"`
	Histogram string   `json:"histogram,omitempty"` // of nanoseconds; HdrHistogram V2, compressed, base64
}

// Latency sums a histogram up, in nanoseconds.
type Latency struct {
	Timed int64 `json:"timed"` // operations
	P50   int64 `json:"p50_ns"`
	P90   int64 `json:"p90_ns"`
	P99   int64 `json:"p99_ns"`
	P999  int64 `json:"p99_9_ns"`
	Max   int64 `json:"max_ns"`
}

// NewResult makes a result of what came out of a case; failed, if not nil, is
// why it ended early.
func NewResult(broker string, round int, c bench.Case, r bench.Result, failed error) (Result, error) {
	out := Result{
		Broker: broker, Case: c.Name(), Stage: c.Stage.Name, Parameters: c.Parameters(), Round: round,
		Operations: r.Operations, Seconds: r.Elapsed.Seconds(), Rate: r.Rate(), Asked: c.Options.Rate, Missed: r.Missed,
		Resident: r.Resident, Connection: r.Connection,
	}
	if failed != nil {
		out.Error = failed.Error()
	}
	if n := float64(r.Operations); n > 0 {
		out.BrokerCPU = float64(r.BrokerCPU.Nanoseconds()) / n
		out.OwnCPU = float64(r.OwnCPU.Nanoseconds()) / n
	}
	if r.Lateness != nil && r.Lateness.TotalCount() > 0 {
		out.Lateness = r.Lateness.ValueAtPercentile(99)
	}
	if r.Latency == nil || r.Latency.TotalCount() == 0 {
		return out, nil
	}
	at := r.Latency.ValueAtPercentile
	out.Latency = &Latency{r.Latency.TotalCount(), at(50), at(90), at(99), at(99.9), r.Latency.Max()}
	encoded, err := r.Latency.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	out.Histogram = string(encoded)
	return out, err
}

// Decoded is the histogram of latencies; nil if nothing was timed.
func (r *Result) Decoded() (*hdrhistogram.Histogram, error) {
	if r.Histogram == "" {
		return nil, nil
	}
	h, err := hdrhistogram.Decode([]byte(r.Histogram))
	if err != nil {
		return nil, fmt.Errorf("busrt: histogram of %s: %w", r.Case, err)
	}
	return h, nil
}

// Cases are the names of all cases, in the order they were first measured in.
func (r *Report) Cases() (names []string) {
	for i := range r.Results {
		if name := r.Results[i].Case; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Of are the rounds of a case on a broker that did not fail.
func (r *Report) Of(broker, name string) (rounds []Result) {
	for i := range r.Results {
		if one := r.Results[i]; one.Broker == broker && one.Case == name && one.Error == "" {
			rounds = append(rounds, one)
		}
	}
	return rounds
}

// Merged is the histogram of all rounds of a case on a broker; nil if nothing
// was timed.
func (r *Report) Merged(broker, name string) (*hdrhistogram.Histogram, error) {
	var all *hdrhistogram.Histogram
	for _, one := range r.Of(broker, name) {
		h, err := one.Decoded()
		switch {
		case err != nil:
			return nil, err
		case h == nil:
		case all == nil:
			all = h
		default:
			all.Merge(h)
		}
	}
	return all, nil
}
