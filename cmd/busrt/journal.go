package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// journal is a [slog.Handler] that writes lines as the reference's client does
// (docs/cli.md, section 3), attributes behind them.
type journal struct {
	level slog.Level
	attrs []slog.Attr

	mu *sync.Mutex
	w  io.Writer
}

func newJournal(w io.Writer, level slog.Level) *journal {
	return &journal{level: level, mu: new(sync.Mutex), w: w}
}

// Enabled tells whether the journal takes that level.
func (j *journal) Enabled(_ context.Context, level slog.Level) bool { return level >= j.level }

// Handle writes a line.
func (j *journal) Handle(_ context.Context, r slog.Record) error {
	var line strings.Builder
	fmt.Fprintf(&line, "[%s %-5s busrt] %s", r.Time.UTC().Format(time.RFC3339), r.Level, r.Message)
	add := func(a slog.Attr) bool {
		fmt.Fprintf(&line, " %s", a)
		return true
	}
	for _, a := range j.attrs {
		add(a)
	}
	r.Attrs(add)
	line.WriteByte('\n')
	j.mu.Lock()
	defer j.mu.Unlock()
	_, err := io.WriteString(j.w, line.String())
	return err
}

// WithAttrs gives a journal that adds attrs to its lines.
func (j *journal) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *j
	c.attrs = slices.Concat(j.attrs, attrs)
	return &c
}

// WithGroup gives the journal itself: its lines know no groups.
func (j *journal) WithGroup(string) slog.Handler { return j }
