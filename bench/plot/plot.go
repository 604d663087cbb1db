// Package plot draws reports as SVG. It is the only package that needs a library
// for that. Functions may be called by any goroutine, with a report of its own.
package plot

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/busrt-go/busrt/bench/report"
)

// ErrNothing says that a report has nothing that could be drawn so.
var ErrNothing = errors.New("busrt: nothing to draw")

// Rounds draws all rounds as dots, a line for each case, with a bar at their
// median: how far two brokers are apart, and how much each of them scatters. All
// cases share one logarithmic axis.
func Rounds(w io.Writer, r *report.Report, m report.Metric) error {
	p := newPlot(r, m.Name)
	cases := r.Cases()
	drawn := false
	for i, b := range r.Brokers {
		var dots, bars plotter.XYs
		for row, name := range cases {
			figures := m.Figures(r.Of(b.Name, name))
			if len(figures) == 0 {
				continue
			}
			y := float64(len(cases)-1-row) + offset(i, len(r.Brokers))
			for _, f := range figures {
				dots = append(dots, plotter.XY{X: f, Y: y})
			}
			bars = append(bars, plotter.XY{X: report.Summarise(figures).Median, Y: y})
		}
		if len(dots) == 0 {
			continue
		}
		drawn = true
		faint := color.NRGBAModel.Convert(shade(i)).(color.NRGBA)
		faint.A = 110
		one, err := scatter(dots, draw.CircleGlyph{}, faint, 2)
		if err != nil {
			return err
		}
		median, err := scatter(bars, draw.PlusGlyph{}, shade(i), 5)
		if err != nil {
			return err
		}
		p.Add(one, median)
		p.Legend.Add(b.Name, median)
	}
	if !drawn {
		return ErrNothing
	}
	names := make([]string, len(cases))
	for i, name := range cases {
		names[len(cases)-1-i] = name
	}
	p.NominalY(names...)
	p.Y.Min, p.Y.Max = -0.7, float64(len(cases))-0.3
	logarithmic(&p.X)
	p.X.Label.Text = m.Unit
	return write(w, p, 9*vg.Inch, vg.Length(1.6+0.32*float64(len(cases)))*vg.Inch)
}

// Latency draws the distributions of latencies, over all rounds: what share of
// operations took longer than what.
func Latency(w io.Writer, r *report.Report) error {
	p := newPlot(r, "latency")
	n := 0
	for i, b := range r.Brokers {
		for k, name := range r.Cases() {
			h, err := r.Merged(b.Name, name)
			if err != nil {
				return err
			}
			if h == nil {
				continue
			}
			var line plotter.XYs
			for _, at := range h.CumulativeDistribution() {
				if at.Quantile < 100 {
					line = append(line, plotter.XY{X: 100 / (100 - at.Quantile), Y: max(float64(at.ValueAt), 1) / 1000})
				}
			}
			if len(line) == 0 {
				continue
			}
			if err := addLine(p, line, shade(i), k, b.Name+" "+name); err != nil {
				return err
			}
			n++
		}
	}
	if n == 0 {
		return ErrNothing
	}
	logarithmic(&p.X)
	logarithmic(&p.Y)
	p.X.Tick.Marker = plot.ConstantTicks(nines(p.X.Max))
	p.X.Label.Text, p.Y.Label.Text = "percentile", "microseconds"
	return write(w, p, 9*vg.Inch, 5*vg.Inch)
}

// nines are the ticks of percentiles.
func nines(most float64) (ticks []plot.Tick) {
	for i, label := range []string{"0", "90", "99", "99.9", "99.99", "99.999", "99.9999"} {
		if x := math.Pow10(i); x <= most {
			ticks = append(ticks, plot.Tick{Value: x, Label: label})
		}
	}
	return ticks
}

// Growth draws medians over one parameter, as names, for each broker and each
// case that differs in nothing else.
func Growth(w io.Writer, r *report.Report, parameter string, m report.Metric) error {
	p := newPlot(r, m.Name+" by "+parameter)
	n := 0
	for i, b := range r.Brokers {
		lines, order := make(map[string]plotter.XYs), []string(nil)
		for _, name := range r.Cases() {
			rounds := r.Of(b.Name, name)
			figures := m.Figures(rounds)
			if len(figures) == 0 || rounds[0].Parameters[parameter] == 0 {
				continue
			}
			x := rounds[0].Parameters[parameter]
			rest := strings.Replace(name, fmt.Sprintf("/%s=%d", parameter, x), "", 1)
			if lines[rest] == nil {
				order = append(order, rest)
			}
			lines[rest] = append(lines[rest], plotter.XY{X: float64(x), Y: report.Summarise(figures).Median})
		}
		for k, rest := range order {
			if err := addLine(p, lines[rest], shade(i), k, b.Name+" "+rest); err != nil {
				return err
			}
			n++
		}
	}
	if n == 0 {
		return ErrNothing
	}
	logarithmic(&p.X)
	logarithmic(&p.Y)
	p.X.Label.Text, p.Y.Label.Text = parameter, m.Unit
	return write(w, p, 9*vg.Inch, 5*vg.Inch)
}
