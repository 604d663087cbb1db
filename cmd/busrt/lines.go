package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"log/syslog"
	"slices"
	"strings"
	"sync"
	"time"
)

// lines is a [slog.Handler] for logs that want text in one line, attributes
// behind it.
type lines struct {
	level slog.Leveler
	attrs []slog.Attr

	mu    *sync.Mutex
	write func(r *slog.Record, text string) error // under mu
}

func newLines(level slog.Leveler, write func(*slog.Record, string) error) *lines {
	return &lines{level: level, mu: new(sync.Mutex), write: write}
}

// newJournal writes lines as the reference's client does (docs/cli.md, section
// 3).
func newJournal(w io.Writer, level slog.Leveler) *lines {
	return newLines(level, func(r *slog.Record, text string) error {
		_, err := fmt.Fprintf(w, "[%s %-5s busrt] %s\n", r.Time.UTC().Format(time.RFC3339), r.Level, text)
		return err
	})
}

// toJournald writes lines whose level journald understands (sd-daemon(3)); the
// time is its own.
func toJournald(w io.Writer) func(*slog.Record, string) error {
	return func(r *slog.Record, text string) error {
		_, err := fmt.Fprintf(w, "<%d>%s\n", severity(r.Level), strings.ReplaceAll(text, "\n", " "))
		return err
	}
}

// severity is a level as syslog counts.
func severity(l slog.Level) syslog.Priority {
	switch {
	case l >= slog.LevelError:
		return syslog.LOG_ERR
	case l >= slog.LevelWarn:
		return syslog.LOG_WARNING
	case l >= slog.LevelInfo:
		return syslog.LOG_INFO
	}
	return syslog.LOG_DEBUG
}

// newSyslog writes to the syslog of this machine as the reference does: facility
// user, process busrtd. nil if there is none.
func newSyslog(level slog.Leveler) slog.Handler {
	w, err := syslog.New(syslog.LOG_USER|syslog.LOG_INFO, daemonName)
	if err != nil {
		return nil
	}
	return newLines(level, func(r *slog.Record, text string) error {
		switch {
		case r.Level >= slog.LevelError:
			return w.Err(text)
		case r.Level >= slog.LevelWarn:
			return w.Warning(text)
		case r.Level >= slog.LevelInfo:
			return w.Info(text)
		}
		return w.Debug(text)
	})
}

// Enabled tells whether that level is logged.
func (j *lines) Enabled(_ context.Context, level slog.Level) bool { return level >= j.level.Level() }

// Handle writes a line.
func (j *lines) Handle(_ context.Context, r slog.Record) error {
	var text strings.Builder
	text.WriteString(r.Message)
	add := func(a slog.Attr) bool {
		fmt.Fprintf(&text, " %s", a)
		return true
	}
	for _, a := range j.attrs {
		add(a)
	}
	r.Attrs(add)
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.write(&r, text.String())
}

// WithAttrs gives a handler that adds attrs to its lines.
func (j *lines) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *j
	c.attrs = slices.Concat(j.attrs, attrs)
	return &c
}

// WithGroup gives the handler itself: its lines know no groups.
func (j *lines) WithGroup(string) slog.Handler { return j }
