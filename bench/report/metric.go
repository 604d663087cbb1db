package report

// Metric is something a result may have a figure for.
type Metric struct {
	Name   string // as options and heads of tables have it
	Unit   string // as Go's benchmarks have it
	Higher bool   // is better

	of func(*Result) float64 // 0 if there is none
}

// Metrics are all that a result may have, the most telling first.
var Metrics = []Metric{
	{"rate", "ops/s", true, func(r *Result) float64 { return r.Rate }},
	{"broker CPU", "broker-ns/op", false, func(r *Result) float64 { return r.BrokerCPU }},
	{"p50", "p50-ns", false, latency(func(l *Latency) int64 { return l.P50 })},
	{"p90", "p90-ns", false, latency(func(l *Latency) int64 { return l.P90 })},
	{"p99", "p99-ns", false, latency(func(l *Latency) int64 { return l.P99 })},
	{"p99.9", "p99.9-ns", false, latency(func(l *Latency) int64 { return l.P999 })},
	{"max", "max-ns", false, latency(func(l *Latency) int64 { return l.Max })},
	{"load CPU", "load-ns/op", false, func(r *Result) float64 { return r.OwnCPU }},
	{"resident", "resident-B", false, func(r *Result) float64 { return float64(r.Resident) }},
	{"a connection", "B/connection", false, func(r *Result) float64 { return r.Connection }},
}

func latency(of func(*Latency) int64) func(*Result) float64 {
	return func(r *Result) float64 {
		if r.Latency == nil {
			return 0
		}
		return float64(of(r.Latency))
	}
}

// MetricNamed finds one by its name.
func MetricNamed(name string) (Metric, bool) {
	for _, m := range Metrics {
		if m.Name == name {
			return m, true
		}
	}
	return Metric{}, false
}

// Of is the figure of a result; ok is false if it has none.
func (m Metric) Of(r *Result) (figure float64, ok bool) {
	figure = m.of(r)
	return figure, figure != 0
}

// Figures are those of rounds that have one.
func (m Metric) Figures(rounds []Result) (figures []float64) {
	for i := range rounds {
		if f, ok := m.Of(&rounds[i]); ok {
			figures = append(figures, f)
		}
	}
	return figures
}
