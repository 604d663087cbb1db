package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/busrt-go/busrt/bench/report"
)

// writeTables writes a report for people: what was measured where, medians, all
// rounds, and what is to be known about them.
func writeTables(w io.Writer, r *report.Report) error {
	var out strings.Builder
	p := newPalette(w)
	fmt.Fprintf(&out, "%s\n%s, %s\n", r.Machine, strings.Join(r.Command, " "), r.Time.Format("2006-01-02 15:04 MST"))
	for _, b := range r.Brokers {
		fmt.Fprintf(&out, "%s: %s\n", p.paint(styleBold, b.Name), aboutBroker(b))
	}
	if !r.Complete {
		out.WriteString(p.paint(styleYellow, "INCOMPLETE: ended before all was measured") + "\n")
	}
	out.WriteByte('\n')
	if len(r.Brokers) > 1 {
		out.WriteString(ratioTable(r).render(p))
	} else {
		out.WriteString(resultTable(r).render(p))
	}
	writeRounds(&out, r)
	writeNotes(&out, r)
	_, err := io.WriteString(w, out.String())
	return err
}

func aboutBroker(b report.Broker) string {
	var parts []string
	for _, part := range []string{b.Command, b.Address, strings.TrimSpace("version " + b.Version)} {
		if part != "" && part != "version" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// figure writes a figure of a metric in six columns or less.
func figure(m report.Metric, f float64) string {
	switch {
	case f == 0:
		return ""
	case m.Higher:
		return rate(f)
	case strings.HasSuffix(m.Unit, "ns") || strings.HasSuffix(m.Unit, "ns/op"):
		return latency(time.Duration(f))
	case f < 100<<10:
		return fmt.Sprintf("%.2fKiB", f/1024)
	case f < 1<<20:
		return fmt.Sprintf("%.0fKiB", f/1024)
	}
	return fmt.Sprintf("%.1fMiB", f/(1<<20))
}

// shown are the metrics of tables.
var shown = metrics("rate", "p50", "p99", "p99.9", "max", "broker CPU", "load CPU", "resident", "a connection")

func metrics(names ...string) (all []report.Metric) {
	for _, name := range names {
		m, _ := report.MetricNamed(name)
		all = append(all, m)
	}
	return all
}

const column = 8 // numbers stand to the right of it

func right(text string) string { return fmt.Sprintf("%*s", column, text) }

// resultTable has the medians of each case on one broker.
func resultTable(r *report.Report) *table {
	head := []string{"stage", right("rounds")}
	for _, m := range shown {
		head = append(head, right(m.Name))
	}
	t := newTable(head...)
	for _, b := range r.Brokers {
		for _, name := range r.Cases() {
			rounds := r.Of(b.Name, name)
			cells := []string{name, right(fmt.Sprint(len(rounds)))}
			for _, m := range shown {
				cells = append(cells, right(figure(m, report.Summarise(m.Figures(rounds)).Median)))
			}
			t.row(cells...)
		}
	}
	return t
}

// ratioTable has the medians of each case and metric on all brokers, and what
// the first has in relation to each of the others.
func ratioTable(r *report.Report) *table {
	first := report.Set{Report: r, Broker: r.Brokers[0].Name}
	head := []string{"stage", "metric", right(first.Broker)}
	for _, b := range r.Brokers[1:] {
		head = append(head, right(b.Name), right("ratio"))
	}
	t := newTable(head...)
	found := make(map[[3]string]report.Comparison) // by broker, case and metric
	for _, b := range r.Brokers[1:] {
		for _, c := range report.Compare(first, report.Set{Report: r, Broker: b.Name}, shown) {
			found[[3]string{b.Name, c.Case, c.Metric.Name}] = c
		}
	}
	for _, name := range r.Cases() {
		label := name
		for _, m := range shown {
			own := m.Figures(r.Of(first.Broker, name))
			cells := []string{label, m.Name, right(figure(m, report.Summarise(own).Median))}
			there := len(own) > 0
			for _, b := range r.Brokers[1:] {
				figures := m.Figures(r.Of(b.Name, name))
				there = there || len(figures) > 0
				c, ok := found[[3]string{b.Name, name, m.Name}]
				ratio := ""
				if ok {
					ratio = fmt.Sprintf("%.2f", c.Ratio)
				}
				if ok && c.Same {
					ratio = "~" + ratio
				}
				cells = append(cells, right(figure(m, report.Summarise(figures).Median)), right(ratio))
			}
			if there {
				t.row(cells...)
				label = ""
			}
		}
	}
	return t
}

// writeRounds lists every round, so that nobody has to believe in medians.
func writeRounds(out *strings.Builder, r *report.Report) {
	if !slices.ContainsFunc(r.Results, func(one report.Result) bool { return one.Round > 1 }) {
		return
	}
	out.WriteString("\nAll rounds: rate, CPU of the broker an operation, p50, p99\n")
	for _, name := range r.Cases() {
		for _, b := range r.Brokers {
			var rounds []string
			for i := range r.Results {
				if one := &r.Results[i]; one.Broker == b.Name && one.Case == name {
					rounds = append(rounds, roundText(one))
				}
			}
			fmt.Fprintf(out, "  %s, %s: %s\n", name, b.Name, strings.Join(rounds, "; "))
		}
	}
}

var listed = metrics("rate", "broker CPU", "p50", "p99")

// roundText is one round of the list.
func roundText(one *report.Result) string {
	if one.Error != "" {
		return "failed"
	}
	var cells []string
	for _, m := range listed {
		cell := "–"
		if f, ok := m.Of(one); ok {
			cell = figure(m, f)
		}
		cells = append(cells, cell)
	}
	return strings.Join(cells, " ")
}
