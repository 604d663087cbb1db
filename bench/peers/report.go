package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// heading says what is measured, where, and begins the table.
func heading(args []string, programs []program, o options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "`%s`: %d-byte payloads, window %d, runs of %v, medians of %d, alternating\n\n",
		strings.Join(append([]string{"scripts/compare-peers"}, args...), " "), o.payloadSize, o.window, o.duration, o.rounds)
	fmt.Fprintf(&b, "%s, %s/%s, %d cores, %s, kernel %s\n\n",
		time.Now().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), kernel())
	for _, p := range programs {
		fmt.Fprintf(&b, "- %s: %s\n", p.name, p.is)
	}
	fmt.Fprintf(&b, "\n| stage | broker | 1/s | %[1]s ÷ it | broker CPU, ns each | %[1]s ÷ it | clients' CPU, ns each | p50, µs | p99, µs |\n",
		programs[0].name)
	b.WriteString("|---|---|---|---|---|---|---|---|---|\n")
	return b.String()
}

func kernel() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(release))
}

// rows are those of a stage, one for each broker.
func rows(s stage, programs []program, results [][]result) string {
	var b strings.Builder
	rate, cpu := median(results[0], result.rate), median(results[0], result.brokerEach)
	for i, p := range programs {
		r := results[i]
		fmt.Fprintf(&b, "| %s | %s | %s | %.2f | %s | %.2f | %s |",
			s.name, p.name, thousands(median(r, result.rate)), rate/median(r, result.rate),
			thousands(median(r, result.brokerEach)), cpu/median(r, result.brokerEach), thousands(median(r, result.ownEach)))
		if s.callers > 0 {
			fmt.Fprintf(&b, " %.1f | %.1f |\n", median(r, micros(50)), median(r, micros(99)))
		} else {
			b.WriteString(" | |\n")
		}
	}
	return b.String()
}

// everyRound lists the results of a stage in the order of the rounds.
func everyRound(s stage, programs []program, results [][]result) []string {
	lines := make([]string, len(programs))
	for i, p := range programs {
		each := make([]string, len(results[i]))
		for n, r := range results[i] {
			each[n] = fmt.Sprintf("%s (%s)", thousands(r.rate()), thousands(r.brokerEach()))
		}
		lines[i] = fmt.Sprintf("- %s, %s: %s", s.name, p.name, strings.Join(each, ", "))
	}
	return lines
}

func (r result) rate() float64 { return float64(r.operations) / r.elapsed.Seconds() }

func (r result) brokerEach() float64 { return float64(r.broker) / float64(r.operations) }

func (r result) ownEach() float64 { return float64(r.own) / float64(r.operations) }

// micros gives the latency that so many percent of operations did not exceed.
func micros(percent float64) func(result) float64 {
	return func(r result) float64 { return float64(r.latency.ValueAtQuantile(percent)) / 1e3 }
}

func median(results []result, of func(result) float64) float64 {
	values := make([]float64, len(results))
	for i, r := range results {
		values[i] = of(r)
	}
	slices.Sort(values)
	mid := len(values) / 2
	if len(values)%2 == 0 {
		return (values[mid-1] + values[mid]) / 2
	}
	return values[mid]
}

// thousands rounds x and groups its digits.
func thousands(x float64) string {
	s := fmt.Sprintf("%.0f", x)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
