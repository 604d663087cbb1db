package report

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// WriteCSV writes a line for each result, with a head. Figures that there are
// none of are empty.
func (r *Report) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	head := []string{"broker", "case", "round", "error", "operations", "seconds"}
	for _, m := range Metrics {
		head = append(head, m.Unit)
	}
	head = append(head, "missed", "time", "complete", "cpu", "cores", "kernel", "go", "command")
	_ = out.Write(head) // Flush keeps the error
	for i := range r.Results {
		one := &r.Results[i]
		row := []string{
			one.Broker, one.Case, strconv.Itoa(one.Round), one.Error, strconv.Itoa(one.Operations), plain(one.Seconds),
		}
		for _, m := range Metrics {
			cell := ""
			if f, ok := m.Of(one); ok {
				cell = plain(f)
			}
			row = append(row, cell)
		}
		_ = out.Write(append(row, strconv.Itoa(one.Missed), r.Time.Format(time.RFC3339), strconv.FormatBool(r.Complete),
			r.Machine.CPU, strconv.Itoa(r.Machine.Cores), r.Machine.Kernel, r.Machine.Go, strings.Join(r.Command, " ")))
	}
	out.Flush()
	return out.Error()
}

// plain writes a figure without an exponent, in thousandths at most.
func plain(f float64) string {
	return strconv.FormatFloat(math.Round(f*1000)/1000, 'f', -1, 64)
}
