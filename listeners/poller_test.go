package listeners

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/panjf2000/gnet/v2/pkg/logging"
	"golang.org/x/sys/unix"
)

// TestPollerWatch: from each interest to each other, and what events tell then.
// The socket is always readable and writable.
func TestPollerWatch(t *testing.T) {
	fd, peer := pair(t, networkUnix)
	t.Cleanup(func() { check(t, peer.Close()); check(t, unix.Close(fd)) })
	_, err := peer.Write([]byte("x"))
	check(t, err)
	all := []interest{nothing, reading, writing, both}
	for _, from := range all {
		for _, to := range all {
			if edge && from&^to != 0 {
				continue // a kqueue keeps what is there
			}
			if got := watched(t, fd, from, to); got != to {
				t.Errorf("from %d to %d: events for %d", from, to, got)
			}
		}
	}
	p, err := openPoller()
	check(t, err)
	if err := p.watch(1<<20, nothing, reading); err == nil {
		t.Error("a descriptor that does not exist is watched")
	}
	check(t, p.close())
}

// watched gives what a poller tells of fd after two changes of interest.
func watched(t *testing.T, fd int, from, to interest) (got interest) {
	t.Helper()
	p, err := openPoller()
	check(t, err)
	check(t, p.watch(fd, nothing, from))
	check(t, p.watch(fd, from, to))
	check(t, p.trigger(func(any) error { return errStop })) // after the events of the same batch
	check(t, p.run(func(at int, ready interest) {
		if at == fd {
			got |= ready
		}
	}))
	check(t, p.close())
	return got
}

// TestGnetLog: what gnet says arrives at the group's logger.
func TestGnetLog(t *testing.T) {
	before := logging.GetDefaultLogger()
	t.Cleanup(func() { logging.SetDefaultLoggerAndFlusher(before, nil) })
	var out bytes.Buffer
	setGnetLog(slog.New(slog.NewTextHandler(&out, nil)))
	logging.Debugf("not at this level %d", 1)
	logging.Infof("a %d", 1)
	logging.Warnf("b %d", 2)
	logging.Errorf("c %d", 3)
	logging.Fatalf("d %d", 4)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	want := []string{`level=INFO msg=poller message="a 1"`, `level=WARN msg=poller message="b 2"`, `level=ERROR msg=poller message="c 3"`, `level=ERROR msg=poller message="d 4"`}
	if len(lines) != len(want) {
		t.Fatalf("got %q", lines)
	}
	for i, w := range want {
		if !strings.HasSuffix(lines[i], w) {
			t.Errorf("got %q, want %q", lines[i], w)
		}
	}
}
