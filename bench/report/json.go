package report

import (
	"encoding/json"
	"fmt"
	"io"
)

// WriteJSON writes all of r, so that [ReadJSON] gives it again.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// ReadJSON reads a report.
func ReadJSON(in io.Reader) (*Report, error) {
	r := new(Report)
	if err := json.NewDecoder(in).Decode(r); err != nil {
		return nil, fmt.Errorf("busrt: not a report: %w", err)
	}
	if r.Format != Format {
		return nil, fmt.Errorf("busrt: not a report of the form %s: %q", Format, r.Format)
	}
	return r, nil
}
