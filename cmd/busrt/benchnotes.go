package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/busrt-go/busrt/bench/report"
)

// writeNotes says what speaks against figures: what failed, where the load
// generator was in the way, and where there are too few rounds.
func writeNotes(out *strings.Builder, r *report.Report) {
	var notes []string
	note := func(format string, args ...any) {
		if text := fmt.Sprintf(format, args...); !slices.Contains(notes, text) {
			notes = append(notes, text)
		}
	}
	for i := range r.Results {
		one := &r.Results[i]
		if one.Error != "" {
			note("%s, %s, round %d failed: %s", one.Case, one.Broker, one.Round, strings.TrimPrefix(one.Error, "busrt: "))
		}
		if one.Missed > 0 {
			note("%s, %s, round %d: %s operations were not begun at all, at a rate of %g; they are in the latencies as late as they were",
				one.Case, one.Broker, one.Round, grouped(uint64(one.Missed)), one.Asked)
		}
		if l := one.Latency; one.Asked > 0 && l != nil && one.Lateness > l.P50/2 {
			note("%s, %s, round %d: the load generator itself was late by %v (99 %%)", one.Case, one.Broker, one.Round,
				time.Duration(one.Lateness))
		}
	}
	if heavy := heavier(r); heavy != nil {
		note("the load generator took more CPU than the broker, which may have been faster with more cores: %s", strings.Join(heavy, ", "))
	}
	for _, c := range comparisons(r) {
		for _, w := range c.Warnings {
			note("statistics: %v", w)
		}
	}
	if len(notes) == 0 {
		return
	}
	out.WriteString("\nNotes\n")
	for _, text := range notes {
		out.WriteString("  " + text + "\n")
	}
}

// heavier are the cases in closed loops in which the load generator took more
// CPU than a broker, by the medians.
func heavier(r *report.Report) (found []string) {
	broker, own := metrics("broker CPU", "load CPU")[0], metrics("load CPU")[0]
	for _, name := range r.Cases() {
		for _, b := range r.Brokers {
			rounds := r.Of(b.Name, name)
			theirs := report.Summarise(broker.Figures(rounds)).Median
			if theirs > 0 && rounds[0].Asked == 0 && report.Summarise(own.Figures(rounds)).Median > theirs {
				found = append(found, name+" ("+b.Name+")")
			}
		}
	}
	return found
}

// comparisons are those of the first broker with the others.
func comparisons(r *report.Report) (all []report.Comparison) {
	for i := 1; i < len(r.Brokers); i++ {
		all = append(all, report.Compare(report.Set{Report: r, Broker: r.Brokers[0].Name}, report.Set{Report: r, Broker: r.Brokers[i].Name}, shown)...)
	}
	return all
}
