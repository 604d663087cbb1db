package report

import (
	"fmt"
	"io"
	"strings"
)

// WriteHistograms writes the distribution of latencies of each case on each
// broker, over all rounds, in the .hgrm form of HdrHistogram: microseconds, five
// steps in each half of what is left. Plotters take one of them at a time.
func (r *Report) WriteHistograms(w io.Writer) error {
	for _, name := range r.Cases() {
		for _, b := range r.Brokers {
			h, err := r.Merged(b.Name, name)
			if err != nil {
				return err
			}
			if h == nil {
				continue
			}
			const steps, microseconds = 5, 1000
			_, err = fmt.Fprintf(w, "#[%s, %s, microseconds; %s; %s%s]\n", name, b.Name, r.Machine, strings.Join(r.Command, " "), r.mark())
			if err != nil {
				return err
			}
			if _, err := h.PercentilesPrint(w, steps, microseconds); err != nil {
				return err
			}
		}
	}
	return nil
}

// mark is what says that something is missing.
func (r *Report) mark() string {
	if r.Complete {
		return ""
	}
	return "; incomplete"
}
