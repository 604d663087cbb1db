package main

import (
	"io"
	"log/slog"
	"os"
	"strconv"

	"github.com/lmittmann/tint"
	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/cmd/busrt/internal/config"
)

// logTime is the reference's format: local time, its offset always a number.
const logTime = "2006-01-02T15:04:05-07:00"

// newServerLog makes the logger that a configuration wants, writing to w.
func newServerLog(w io.Writer, c config.Log, level slog.Leveler) *slog.Logger {
	if c.Syslog {
		if h := newSyslog(level); h != nil {
			return slog.New(h)
		} // else as the reference: where it would go without
	}
	switch {
	case c.Format == "json":
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
	case c.Format == "journal", c.Format == "auto" && isJournal(w):
		return slog.New(newLines(level, toJournald(w)))
	}
	return newLogger(w, level)
}

// newLogger makes a logger that writes lines to w, coloured where the rest of
// the program would be.
func newLogger(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(tint.NewTextHandler(w, &tint.Options{
		Level:      level,
		TimeFormat: logTime,
		NoColor:    !bool(newPalette(w)),
	}))
}

// isJournal tells whether a stream goes to journald, which says in the
// environment which one that is (systemd.exec(5)).
func isJournal(stream any) bool {
	f, ok := stream.(*os.File)
	var st unix.Stat_t
	if !ok || unix.Fstat(int(f.Fd()), &st) != nil {
		return false
	}
	return os.Getenv("JOURNAL_STREAM") == strconv.FormatUint(uint64(st.Dev), 10)+":"+strconv.FormatUint(st.Ino, 10) //nolint:unconvert // 32 bits elsewhere
}
