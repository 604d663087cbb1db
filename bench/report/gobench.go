package report

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// WriteGo writes r as Go's benchmarks write theirs, for benchstat and whatever
// else reads that. Rounds that failed are left out.
func (r *Report) WriteGo(w io.Writer) error {
	var out []byte
	m := r.Machine
	for _, line := range [][2]string{
		{"goos", m.OS},
		{"goarch", m.Arch},
		{"cpu", m.CPU},
		{"cores", fmt.Sprint(m.Cores)},
		{"kernel", m.Kernel},
		{"go", m.Go},
		{"command", strings.Join(r.Command, " ")},
		{"time", r.Time.Format(time.RFC3339)},
		{"complete", fmt.Sprint(r.Complete)},
	} {
		out = fmt.Appendf(out, "%s: %s\n", line[0], line[1])
	}
	for _, metric := range Metrics {
		if metric.Higher {
			out = fmt.Appendf(out, "Unit %s better=higher\n", metric.Unit)
		}
	}
	for _, b := range r.Brokers {
		out = fmt.Appendf(out, "\nbroker: %s\n", b.Name)
		for i := range r.Results {
			if one := &r.Results[i]; one.Broker == b.Name && one.Error == "" && one.Operations > 0 {
				out = appendBenchmark(out, one, m.GOMAXPROCS)
			}
		}
	}
	_, err := w.Write(out)
	return err
}

func appendBenchmark(out []byte, one *Result, procs int) []byte {
	out = fmt.Appendf(out, "BenchmarkBus/stage=%s-%d\t%d\t%s ns/op", one.Case, procs, one.Operations,
		plain(1e9*one.Seconds/float64(one.Operations)))
	for _, metric := range Metrics {
		if f, ok := metric.Of(one); ok {
			out = fmt.Appendf(out, "\t%s %s", plain(f), metric.Unit)
		}
	}
	return append(out, '\n')
}
