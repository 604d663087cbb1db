package report

import (
	"golang.org/x/perf/benchmath"
)

// Set is what there is of one broker, or of one version of it.
type Set struct {
	Name   string
	Report *Report
	Broker string
}

// Comparison is one metric of one case, of two sets.
type Comparison struct {
	Case   string
	Metric Metric

	Base, Other Summary
	Delta       string  // from Base to Other in percent; "~" if there is no difference to be seen
	P           float64 // that figures scatter so by chance
	Same        bool    // no difference is to be seen
	Ratio       float64 // of the medians, Base to Other
	Warnings    []error // of the statistics, as that there are too few rounds
}

// Summary is a median with its interval of 95 % confidence, or a little more.
type Summary struct {
	Median, Low, High float64
	N                 int
	Warnings          []error
}

const confidence = 0.95

// Summarise gives the median of figures; it is 0 if there are none.
func Summarise(figures []float64) Summary {
	if len(figures) == 0 {
		return Summary{}
	}
	s := benchmath.AssumeNothing.Summary(benchmath.NewSample(figures, &benchmath.DefaultThresholds), confidence)
	return Summary{s.Center, s.Lo, s.Hi, len(figures), s.Warnings}
}

// Compare holds what is in both sets against each other, by the given metrics.
func Compare(base, other Set, metrics []Metric) (all []Comparison) {
	for _, name := range base.Report.Cases() {
		for _, m := range metrics {
			x := m.Figures(base.Report.Of(base.Broker, name))
			y := m.Figures(other.Report.Of(other.Broker, name))
			if len(x) > 0 && len(y) > 0 {
				all = append(all, compare(name, m, x, y))
			}
		}
	}
	return all
}

func compare(name string, m Metric, x, y []float64) Comparison {
	t := &benchmath.DefaultThresholds
	found := benchmath.AssumeNothing.Compare(benchmath.NewSample(x, t), benchmath.NewSample(y, t))
	c := Comparison{Case: name, Metric: m, Base: Summarise(x), Other: Summarise(y), P: found.P, Same: found.P > found.Alpha}
	c.Delta = found.FormatDelta(c.Base.Median, c.Other.Median)
	c.Ratio = c.Base.Median / c.Other.Median
	c.Warnings = append(append(found.Warnings, c.Base.Warnings...), c.Other.Warnings...)
	return c
}
