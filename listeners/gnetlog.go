package listeners

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/panjf2000/gnet/v2/pkg/logging"
)

// gnetLog passes on what gnet's poller has to say. gnet has one logger for the
// whole process, which by default writes to the standard output.
type gnetLog struct{ to *slog.Logger }

// setGnetLog makes to the logger of gnet, in place of the last one.
func setGnetLog(to *slog.Logger) {
	logging.SetDefaultLoggerAndFlusher(gnetLog{to}, nil)
}

func (g gnetLog) log(level slog.Level, format string, args []any) {
	if ctx := context.Background(); g.to.Enabled(ctx, level) {
		g.to.Log(ctx, level, "poller", "message", fmt.Sprintf(format, args...))
	}
}

func (g gnetLog) Debugf(format string, args ...any) { g.log(slog.LevelDebug, format, args) }
func (g gnetLog) Infof(format string, args ...any)  { g.log(slog.LevelInfo, format, args) }
func (g gnetLog) Warnf(format string, args ...any)  { g.log(slog.LevelWarn, format, args) }
func (g gnetLog) Errorf(format string, args ...any) { g.log(slog.LevelError, format, args) }

// Fatalf does not end the process: that is for the program to decide.
func (g gnetLog) Fatalf(format string, args ...any) { g.log(slog.LevelError, format, args) }
