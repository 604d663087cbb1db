package report_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/perf/benchfmt"

	"github.com/busrt-go/busrt/bench"
	"github.com/busrt-go/busrt/bench/report"
)

var update = flag.Bool("update", false, "write golden files anew")

// fake is a report of two brokers and two cases, three rounds each, in one of
// which one of them has failed.
func fake(t *testing.T) *report.Report {
	t.Helper()
	r := &report.Report{
		Format:   report.Format,
		Command:  []string{"busrt", "bench", "against", "busrtd -B {sock}"},
		Time:     time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC),
		Complete: true,
		Machine:  report.Machine{CPU: "Fake 9000", Cores: 2, GOMAXPROCS: 2, OS: "linux", Arch: "amd64", Kernel: "6.18", Go: "go1.26.8"},
		Brokers:  []report.Broker{{Name: "ours", Command: "busrt server"}, {Name: "busrtd", Command: "busrtd -B {sock}", Version: "0.5.6"}},
	}
	all, err := bench.Cases([]string{"rpc.call/workers=8", "connect.keep/connections=100"}, bench.Options{PayloadSize: 100})
	if err != nil {
		t.Fatal(err)
	}
	for n, c := range all {
		for round := 1; round <= 3; round++ {
			for i, b := range r.Brokers {
				var failed error
				if n == 1 && round == 2 && i == 1 {
					failed = errors.New("busrt: it, \"broke\"")
				}
				one, err := report.NewResult(b.Name, round, c, fakeResult(c, round, i+1), failed)
				if err != nil {
					t.Fatal(err)
				}
				r.Results = append(r.Results, one)
			}
		}
	}
	return r
}

// fakeResult is slower by a factor.
func fakeResult(c bench.Case, round, slow int) bench.Result {
	h := hdrhistogram.New(1, int64(time.Minute), 3)
	for i := range 1000 {
		_ = h.RecordValue(int64((10_000 + 20*i) * slow))
	}
	r := bench.Result{
		Stage: c.Stage.Name, Operations: 100_000, Elapsed: time.Duration(slow*(1000+round)) * time.Millisecond, Latency: h,
		BrokerCPU: time.Duration(slow) * 500 * time.Millisecond, OwnCPU: 700 * time.Millisecond, Resident: 10 << 20,
	}
	if c.Stage.Name == "connect.keep" {
		r.Operations, r.Connection = 100, float64(slow)*2048
	}
	return r
}

// golden wants text to be that of a file.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, text, want)
	}
}

func TestFormats(t *testing.T) {
	r := fake(t)
	for name, write := range map[string]func(io.Writer) error{
		"fake.csv": r.WriteCSV, "fake.bench": r.WriteGo, "fake.hgrm": r.WriteHistograms,
	} {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		golden(t, name, out.String())
	}
	for i := range r.Results {
		r.Results[i].Histogram = "" // compressed: its bytes are up to the library
	}
	var out bytes.Buffer
	if err := r.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "fake.json", out.String())
}

// What was written is read as it was, histograms included.
func TestJSON(t *testing.T) {
	r := fake(t)
	var out bytes.Buffer
	if err := r.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	again, err := report.ReadJSON(&out)
	if err != nil || !reflect.DeepEqual(again, r) {
		t.Fatalf("%+v: %v", again, err)
	}
	h, err := again.Merged("busrtd", "connect.keep/connections=100")
	if err != nil || h.TotalCount() != 2000 || !within(h.Max(), 59_960) {
		t.Errorf("a histogram of %d: %v", h.TotalCount(), err)
	}
	for _, text := range []string{"", "{}", `{"format": "busrt-bench/2"}`, "[]"} {
		if _, err := report.ReadJSON(strings.NewReader(text)); err == nil {
			t.Errorf("%q is a report", text)
		}
	}
	again.Results[0].Histogram = "nonsense"
	if _, err := again.Results[0].Decoded(); err == nil {
		t.Error("nonsense is a histogram")
	}
}

func within(got, want int64) bool { return got > want*999/1000 && got < want*1001/1000 }

// benchstat's own reader understands what it is to read.
func TestGoBenchmarks(t *testing.T) {
	r := fake(t)
	var out bytes.Buffer
	if err := r.WriteGo(&out); err != nil {
		t.Fatal(err)
	}
	in := benchfmt.NewReader(&out, "fake")
	n := 0
	for in.Scan() {
		switch one := in.Result().(type) {
		case *benchfmt.Result:
			n++
			rate, _ := one.Value("ops/s")
			if broker := one.GetConfig("broker"); rate <= 0 || one.GetConfig("cpu") != "Fake 9000" || (broker != "ours" && broker != "busrtd") {
				t.Errorf("%s: %+v", one.Name, one)
			}
		case *benchfmt.SyntaxError:
			t.Error(one)
		}
	}
	if err := in.Err(); err != nil || n != 11 {
		t.Errorf("%d results, want 11: %v", n, err)
	}
}

func TestCompare(t *testing.T) {
	figures := func(values ...float64) *report.Report {
		r := &report.Report{}
		for _, v := range values {
			r.Results = append(r.Results, report.Result{Broker: "b", Case: "pair", Rate: v})
		}
		return r
	}
	rate, _ := report.MetricNamed("rate")
	tests := []struct {
		base, other []float64
		delta       string
		ratio       float64
		warned      bool
	}{
		{[]float64{100, 101, 102, 102, 103, 104}, []float64{50, 51, 52, 52, 53, 54}, "-49.02%", 102. / 52, false},
		{[]float64{100, 101, 102, 102, 103, 104}, []float64{99, 100.5, 102.5, 103.5, 101.5, 101.5}, "~", 102 / 101.5, false},
		{[]float64{100, 101, 102}, []float64{50, 51, 52}, "~", 101. / 51, true},
	}
	for _, tt := range tests {
		got := report.Compare(report.Set{Report: figures(tt.base...), Broker: "b"}, report.Set{Report: figures(tt.other...), Broker: "b"},
			report.Metrics)
		if len(got) != 1 || got[0].Metric.Name != rate.Name {
			t.Fatalf("%d comparisons", len(got))
		}
		c := got[0]
		if c.Delta != tt.delta || c.Ratio != tt.ratio || c.Same != (tt.delta == "~") || (len(c.Warnings) > 0) != tt.warned ||
			c.Base.N != len(tt.base) || c.Base.Low > c.Base.Median || c.Base.Median > c.Base.High {
			t.Errorf("%v and %v: %+v", tt.base, tt.other, c)
		}
	}
	if got := report.Compare(report.Set{Report: figures(1), Broker: "b"}, report.Set{Report: figures(1), Broker: "c"}, report.Metrics); got != nil {
		t.Errorf("compared with nothing: %+v", got)
	}
}

func TestMachine(t *testing.T) {
	m := report.ThisMachine()
	if m.Cores != runtime.NumCPU() || m.Kernel == "unknown" || m.Go != runtime.Version() || m.Differs(m) != "" {
		t.Errorf("%+v differs from itself: %q", m, m.Differs(m))
	}
	n := m
	n.Go = "go1.0"
	if got := m.Differs(n); got != "" {
		t.Errorf("another Go is another machine: %s", got)
	}
	n.Cores++
	if m.Differs(n) == "" {
		t.Error("more cores are the same machine")
	}
}
