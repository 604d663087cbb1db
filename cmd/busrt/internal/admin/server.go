// Package admin is the address for those who watch a broker: metrics, health,
// profiles. It is for this machine alone, and asks nobody who they are: a socket's
// permissions, or the machine, decide who may look.
package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/busrt-go/busrt/cmd/busrt/internal/config"
	"github.com/busrt-go/busrt/engine"
)

// StallTime is how long an event loop may not come by before the broker counts as
// stalled.
const StallTime = 5 * time.Second

// Options of a server.
type Options struct {
	Address string      // a path, or HOST:PORT
	Mode    fs.FileMode // of the path
	Pprof   bool
	Metrics bool

	// ClientSeries is how many clients have series of their own. Asked at each
	// scrape.
	ClientSeries func() int

	Broker  *engine.Broker
	Lag     func() time.Duration // of the slowest event loop
	Ready   func() bool          // clients are let in
	Version string
	Logger  *slog.Logger
}

// Server is an open admin address.
type Server struct {
	at   net.Addr
	http *http.Server
	done chan struct{} // closed when nobody is served any more
}

// Listen opens the address and serves it until Close.
func Listen(ctx context.Context, o Options) (*Server, error) {
	network := "tcp"
	if config.IsPath(o.Address) {
		network = "unix"
		if err := removeDead(o.Address); err != nil {
			return nil, fmt.Errorf("busrt: admin address %q: %w", o.Address, err)
		}
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, network, o.Address)
	if err == nil && network == "unix" {
		if err = os.Chmod(o.Address, o.Mode); err != nil {
			err = errors.Join(err, ln.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("busrt: admin address %q: %w", o.Address, err)
	}
	s := &Server{at: ln.Addr(), done: make(chan struct{})}
	s.http = &http.Server{
		Handler: local(handler(o)), ReadHeaderTimeout: 5 * time.Second,
		ErrorLog: slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug),
	}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(ln) // until it is closed
	}()
	return s, nil
}

// removeDead removes a socket that nobody answers on, and nothing else.
func removeDead(path string) error {
	st, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return config.Reason(err)
	}
	if st.Mode().Type() != fs.ModeSocket {
		return errors.New("is no socket, refusing to replace it")
	}
	if c, err := net.Dial("unix", path); err == nil {
		_ = c.Close()
		return errors.New("somebody is listening there")
	}
	return os.Remove(path)
}

// Addr tells where it is.
func (s *Server) Addr() net.Addr { return s.at }

// Close ends it; requests that are under way are cut.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.done
	return err
}

// local refuses requests that name another host than this machine: a page in
// somebody's browser could have made its own name point here.
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		ip := net.ParseIP(strings.Trim(host, "[]"))
		if _, tcp := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); tcp && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this address is for its own machine", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func handler(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		lag := o.Lag()
		answer(w, lag < StallTime, "alive", fmt.Sprintf("an event loop has not come by for %v", lag))
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, o.Ready(), "ready", "starting, or draining")
	})
	if o.Metrics {
		mux.Handle("GET /metrics", promhttp.HandlerFor(registry(o), promhttp.HandlerOpts{}))
	}
	if o.Pprof {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}

func answer(w http.ResponseWriter, ok bool, yes, no string) {
	if !ok {
		http.Error(w, no, http.StatusServiceUnavailable)
		return
	}
	_, _ = fmt.Fprintln(w, yes) // nobody is left to be told
}

func registry(o Options) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(newCollector(o), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}
