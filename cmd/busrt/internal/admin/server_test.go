package admin

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/busrt-go/busrt/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// watched is a broker with an admin address, and what it says about itself.
type watched struct {
	broker *engine.Broker
	server *Server
	lag    atomic.Int64
	ready  atomic.Bool
	series int
}

func watch(t *testing.T, address string, o Options) *watched {
	t.Helper()
	b, err := engine.New(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b.InitCoreRPC()
	w := &watched{broker: b, series: 0}
	o.Address, o.Broker, o.Version, o.Logger = address, b, "1.2.3", slog.New(slog.DiscardHandler)
	o.Lag = func() time.Duration { return time.Duration(w.lag.Load()) }
	o.Ready, o.ClientSeries = w.ready.Load, func() int { return w.series }
	if w.server, err = Listen(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.server.Close(); err != nil {
			t.Error(err)
		}
		if err := b.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return w
}

// get asks for a path and gives the status and the body.
func (w *watched) get(t *testing.T, path, host string) (int, string) {
	t.Helper()
	c := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, w.server.Addr().Network(), w.server.Addr().String())
		},
	}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// scrape gives the lines of a scrape that hold a value of ours.
func (w *watched) scrape(t *testing.T) (series []string) {
	t.Helper()
	code, body := w.get(t, "/metrics", "localhost")
	if code != http.StatusOK {
		t.Fatalf("status %d: %s", code, body)
	}
	for line := range strings.Lines(body) {
		if strings.HasPrefix(line, "busrt_") {
			series = append(series, strings.TrimSpace(line))
		}
	}
	return series
}

func TestHealth(t *testing.T) {
	w := watch(t, "127.0.0.1:0", Options{})
	for _, tc := range []struct {
		path  string
		lag   time.Duration
		ready bool
		want  int
	}{
		{"/livez", 0, false, http.StatusOK}, // starting, or draining, it lives
		{"/livez", StallTime - 1, true, http.StatusOK},
		{"/livez", StallTime, true, http.StatusServiceUnavailable},
		{"/readyz", 0, false, http.StatusServiceUnavailable},
		{"/readyz", 0, true, http.StatusOK},
		{"/metrics", 0, true, http.StatusNotFound},
		{"/debug/pprof/", 0, true, http.StatusNotFound},
	} {
		w.lag.Store(int64(tc.lag))
		w.ready.Store(tc.ready)
		if code, body := w.get(t, tc.path, "localhost"); code != tc.want {
			t.Errorf("%s: status %d, want %d: %s", tc.path, code, tc.want, body)
		}
	}
}

// A page whose name was made to point to this machine gets nothing.
func TestForeignHost(t *testing.T) {
	w := watch(t, "127.0.0.1:0", Options{Metrics: true, Pprof: true})
	for host, want := range map[string]int{
		"evil.example": http.StatusForbidden, "10.1.1.1": http.StatusForbidden,
		"localhost": http.StatusOK, "127.0.0.1:9099": http.StatusOK, "[::1]": http.StatusOK,
	} {
		if code, _ := w.get(t, "/metrics", host); code != want {
			t.Errorf("%s: status %d, want %d", host, code, want)
		}
	}
	if code, _ := w.get(t, "/debug/pprof/", "localhost"); code != http.StatusOK {
		t.Errorf("pprof: status %d", code)
	}
}

// A unix socket has the permissions that it is to have, and goes at the end; what
// else is at its path stays.
func TestSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "admin.sock")
	t.Run("served", func(t *testing.T) {
		w := watch(t, path, Options{Mode: 0o640})
		st, err := os.Stat(path)
		if err != nil || st.Mode().Perm() != 0o640 {
			t.Errorf("%v %v", st, err)
		}
		if code, _ := w.get(t, "/livez", "any"); code != http.StatusOK {
			t.Errorf("status %d", code)
		}
		if _, err := Listen(t.Context(), Options{Address: path}); err == nil || !strings.Contains(err.Error(), "somebody is listening there") {
			t.Errorf("another one at the same path: %v", err)
		}
	})
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket stays")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), Options{Address: path}); err == nil || !strings.Contains(err.Error(), "is no socket") {
		t.Errorf("over a file: %v", err)
	}
}

// The number of series does not depend on the number of clients, unless that is
// asked for, and then it is bounded.
func TestSeries(t *testing.T) {
	w := watch(t, "127.0.0.1:0", Options{Metrics: true})
	join := func(from, to int) {
		for i := from; i < to; i++ {
			if _, err := w.broker.Register(t.Context(), fmt.Sprintf("c.%05d", i), engine.ClientOptions{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	join(0, 10)
	few := len(w.scrape(t))
	join(10, 10_000)
	all := w.scrape(t)
	if len(all) != few {
		t.Errorf("%d series with 10 clients, %d with 10,000", few, len(all))
	}
	if !bytes.Contains([]byte(strings.Join(all, "\n")), []byte("busrt_inprocess_clients 10000")) {
		t.Errorf("they say\n%s", strings.Join(all, "\n"))
	}
	w.series = 20
	if got := len(w.scrape(t)); got != few+20*3 {
		t.Errorf("%d series with 20 clients' own, want %d", got, few+20*3)
	}
}
