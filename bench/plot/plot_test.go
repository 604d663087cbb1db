package plot_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/busrt-go/busrt/bench"
	"github.com/busrt-go/busrt/bench/plot"
	"github.com/busrt-go/busrt/bench/report"
)

// grown is a report of two brokers whose cost grows with names.
func grown(t *testing.T) *report.Report {
	t.Helper()
	r := &report.Report{
		Time: time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC), Machine: report.Machine{CPU: "Fake 9000"},
		Brokers: []report.Broker{{Name: "ours"}, {Name: "theirs"}},
	}
	all, err := bench.Cases([]string{"rpc.call/workers=8/names=10,100,1000", "pair"}, bench.Options{PayloadSize: 100})
	if err != nil {
		t.Fatal(err)
	}
	for k, c := range all {
		for i, b := range r.Brokers {
			for round := 1; round <= 3; round++ {
				h := hdrhistogram.New(1, int64(time.Minute), 3)
				for v := range 10_000 {
					_ = h.RecordValue(int64((i + 1) * (5000 + v)))
				}
				one, err := report.NewResult(b.Name, round, c, bench.Result{
					Operations: 100_000 / (k + 1), Elapsed: time.Second + time.Duration(round), Latency: h, BrokerCPU: time.Second,
				}, nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Results = append(r.Results, one)
			}
		}
	}
	return r
}

// The drawings are whole SVG files that name what they show, and say that it is
// incomplete.
func TestPlots(t *testing.T) {
	r := grown(t)
	rate, _ := report.MetricNamed("rate")
	tests := []struct {
		name  string
		draw  func(io.Writer) error
		texts []string
		marks int // at least so many paths
	}{
		{"rounds", func(w io.Writer) error { return plot.Rounds(w, r, rate) }, []string{"ours", "theirs", "pair", "rpc.call/workers=8/names=10", "ops/s"}, 24},
		{"latency", func(w io.Writer) error { return plot.Latency(w, r) }, []string{"ours pair", "theirs rpc.call/workers=8/names=1000", "99.9", "microseconds"}, 8},
		{"growth", func(w io.Writer) error { return plot.Growth(w, r, "names", rate) }, []string{"ours rpc.call/workers=8", "names", "ops/s"}, 2},
	}
	for _, tt := range tests {
		var out bytes.Buffer
		if err := tt.draw(&out); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		var text strings.Builder
		paths := 0
		for in := xml.NewDecoder(&out); ; {
			token, err := in.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			switch one := token.(type) {
			case xml.CharData:
				text.Write(one)
			case xml.StartElement:
				if one.Name.Local == "path" {
					paths++
				}
			}
		}
		for _, want := range append(tt.texts, "Fake 9000", "incomplete") {
			if !strings.Contains(text.String(), want) {
				t.Errorf("%s does not say %q: %s", tt.name, want, text.String())
			}
		}
		if paths < tt.marks {
			t.Errorf("%s: %d paths", tt.name, paths)
		}
	}
}

func TestNothingToDraw(t *testing.T) {
	r := grown(t)
	kept, _ := report.MetricNamed("a connection")
	for name, err := range map[string]error{
		"rounds":  plot.Rounds(io.Discard, r, kept),
		"latency": plot.Latency(io.Discard, &report.Report{Brokers: r.Brokers}),
		"growth":  plot.Growth(io.Discard, r, "receivers", report.Metrics[0]),
	} {
		if !errors.Is(err, plot.ErrNothing) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
