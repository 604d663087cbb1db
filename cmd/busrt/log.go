package main

import (
	"io"
	"log/slog"

	"github.com/lmittmann/tint"
)

// logTime is the reference's format: local time, its offset always a number.
const logTime = "2006-01-02T15:04:05-07:00"

// newLogger makes a logger that writes lines to w, coloured where the rest of
// the program would be.
func newLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(tint.NewTextHandler(w, &tint.Options{
		Level:      level,
		TimeFormat: logTime,
		NoColor:    !bool(newPalette(w)),
	}))
}
