package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/busrt-go/busrt/bench/report"
)

// outputOptions say what becomes of results.
type outputOptions struct {
	format string // on stdout
	file   string // JSON as well
}

const outputHelp = `      --format FORMAT       table, json, csv, go (as Go's benchmarks, for benchstat) or hgrm
                            (HdrHistogram) [default: table]
  -o, --output FILE         Keep the results there too, as JSON
`

var formats = []string{"table", "json", "csv", "go", "hgrm"}

func (o *outputOptions) define(fs *pflag.FlagSet) {
	fs.StringVar(&o.format, "format", formats[0], "")
	fs.StringVarP(&o.file, "output", "o", "", "")
}

func (o *outputOptions) check() error {
	if !slices.Contains(formats, o.format) {
		return fmt.Errorf("format %q: want one of %s", o.format, strings.Join(formats, ", "))
	}
	return nil
}

// write writes a report wherever it is to go.
func (o *outputOptions) write(w io.Writer, r *report.Report) error {
	var err error
	if o.file != "" {
		err = inFile(o.file, r.WriteJSON)
	}
	return errors.Join(err, writeReport(w, o.format, r))
}

func writeReport(w io.Writer, format string, r *report.Report) error {
	switch format {
	case "json":
		return r.WriteJSON(w)
	case "csv":
		return r.WriteCSV(w)
	case "go":
		return r.WriteGo(w)
	case "hgrm":
		return r.WriteHistograms(w)
	}
	return writeTables(w, r)
}

// inFile has write fill a new file.
func inFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("busrt: %w", err)
	}
	err = errors.Join(write(f), f.Close())
	if err != nil {
		_ = os.Remove(name) // half of it is of no use
		return about(name, err)
	}
	return nil
}

// newReport begins a report of this command.
func newReport() *report.Report {
	return &report.Report{
		Format: report.Format, Command: append([]string{"busrt"}, os.Args[1:]...), Time: time.Now().UTC().Truncate(time.Second),
		Machine: report.ThisMachine(),
	}
}

// fromFile reads a report.
func fromFile(name string) (*report.Report, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("busrt: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	r, err := report.ReadJSON(f)
	if err != nil {
		return nil, about(name, err)
	}
	return r, nil
}

// about says which file an error is about.
func about(name string, err error) error {
	return fmt.Errorf("busrt: %s: %s", name, strings.TrimPrefix(err.Error(), "busrt: "))
}
