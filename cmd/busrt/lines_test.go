package main

import (
	"bytes"
	"log/slog"
	"testing"
	"time"
)

func TestJournal(t *testing.T) {
	var out bytes.Buffer
	j := newJournal(&out, slog.LevelInfo)
	at := time.Date(2026, 11, 22, 21, 46, 29, 999, time.FixedZone("", 3600))
	for _, h := range []slog.Handler{j, j.WithAttrs([]slog.Attr{slog.Int("n", 1)}).WithGroup("g")} {
		r := slog.NewRecord(at, slog.LevelError, "text", 0)
		r.Add("k", "v")
		if err := h.Handle(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	l := slog.New(j)
	l.Debug("not taken")
	const want = "[2026-11-22T20:46:29Z ERROR busrt] text k=v\n[2026-11-22T20:46:29Z ERROR busrt] text n=1 k=v\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", &out, want)
	}
}
