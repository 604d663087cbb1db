package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// serverOptions are the options of the server command (docs/cli.md, section 7).
type serverOptions struct {
	bind          []string
	pidFile       string
	verbose       bool
	forceRegister bool
	loops         int
	timeout       time.Duration
	queueFrames   int

	tls       tlsFiles
	tokenFile string
	origins   []string

	// Without an effect: here frames leave at the end of the event that brought
	// them, never later.
	bufSize, bufTTL int

	// Not supported yet.
	daemon, syslog bool
}

const serverHelp = `{{.Short}}.

Usage:
  {{.UseLine}}

Options:
  -B, --bind PATH          Where to listen, may be given more than once:
                             /PATH, *.sock, *.socket, *.ipc   a unix socket
                             IP:PORT                          TCP
                             tls://HOST:PORT                  TLS
                             ws://HOST:PORT, wss://HOST:PORT  WebSocket, and inside TLS
                             fifo:PATH                        a FIFO, for shell scripts
                             fd:, fd:NAME                     sockets of the service manager
  -P, --pid-file PATH      File for the process id, removed at the end
      --verbose            Log at the level debug
      --force-register     Let a new client take over a name that is in use
  -w LOOPS                 Event loops; default: half of the cores, at most 4 [here: {{(.Flags.Lookup "w").DefValue}}]
  -t SECONDS               Timeout of all connections [default: {{(.Flags.Lookup "t").DefValue}}]
      --queue-size FRAMES  Frames that may wait for one client [default: {{(.Flags.Lookup "queue-size").DefValue}}]
  -h, --help               Print help

TLS and WebSocket:
      --tls-cert FILE      Certificate of the server, with its chain, in PEM
      --tls-key FILE       Its key
      --tls-client-ca FILE Clients have to show a certificate that one of these has
                           signed; the DNS names in it are the names they may take
      --ws-token-file FILE Clients have to show one of these bearer tokens: one a
                           line, behind it the names it allows, none for any
      --ws-origin HOST     Pages of this host may connect in a browser, beside those
                           of the server's own; may be given more than once

Accepted for compatibility, without an effect: what one read brings is routed
and written at once, there is nothing to be tuned.
      --buf-size BYTES     [default: {{(.Flags.Lookup "buf-size").DefValue}}]
      --buf-ttl MICROSECS  [default: {{(.Flags.Lookup "buf-ttl").DefValue}}]

Not supported yet, refused:
  -D                       Run as a daemon
      --log-syslog         Log to syslog

The log goes to stderr; NO_COLOR is respected. The environment variable
GOMAXPROCS overrides the number of processors in use, which is that of loops.

SIGINT and SIGTERM tell the clients, write what is queued for them, for at most
the timeout, remove sockets, FIFOs and the pid file, and exit with 0. A second
signal does not wait for the clients; the exit code is 130 (SIGINT) or 143.

Exit codes: 0 done, 1 failed, 2 wrong usage, 70 a bug.
`

// newServer makes the command that runs a broker, under a name of its own: it
// is a program as well.
func newServer(name string) *cobra.Command {
	o := newServerOptions()
	cmd := &cobra.Command{
		Use:   name + " -B PATH [-B PATH...] [OPTIONS]",
		Short: "Run a broker",
		Args:  noArgs,

		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return usageErrorf(cmd, "%w", err)
			}
			return serve(cmd.Context(), o, newLogger(cmd.ErrOrStderr(), o.level()))
		},
	}
	cmd.SetHelpTemplate(serverHelp)
	o.define(cmd.Flags())
	return cmd
}

// newServerOptions are the defaults: the reference's, but for the loops.
func newServerOptions() *serverOptions {
	return &serverOptions{
		loops:       listeners.Options{}.EnsureDefaults().Loops,
		timeout:     5 * time.Second,
		queueFrames: engine.DefaultQueueFrames,
		bufSize:     16384,
		bufTTL:      10,
	}
}

// define adds the flags to fs; serverHelp has the words to them.
func (o *serverOptions) define(fs *pflag.FlagSet) {
	fs.StringArrayVarP(&o.bind, "bind", "B", nil, "")
	fs.StringVarP(&o.pidFile, "pid-file", "P", "", "")
	fs.BoolVar(&o.verbose, "verbose", false, "")
	fs.BoolVar(&o.forceRegister, "force-register", false, "")
	fs.VarP(number{&o.loops, 1}, "w", "w", "")
	fs.VarP(seconds{&o.timeout}, "t", "t", "")
	fs.Var(number{&o.queueFrames, 1}, "queue-size", "")
	fs.StringVar(&o.tls.cert, "tls-cert", "", "")
	fs.StringVar(&o.tls.key, "tls-key", "", "")
	fs.StringVar(&o.tls.authority, "tls-client-ca", "", "")
	fs.StringVar(&o.tokenFile, "ws-token-file", "", "")
	fs.StringArrayVar(&o.origins, "ws-origin", nil, "")
	fs.Var(number{&o.bufSize, 0}, "buf-size", "")
	fs.Var(number{&o.bufTTL, 0}, "buf-ttl", "")
	fs.BoolVarP(&o.daemon, "D", "D", false, "")
	fs.BoolVar(&o.syslog, "log-syslog", false, "")
	eachOnce(fs)
}

// check finds what parsing the flags cannot.
func (o *serverOptions) check() error {
	switch {
	case o.daemon:
		return errors.New("-D is not supported yet")
	case o.syslog:
		return errors.New("--log-syslog is not supported yet")
	case len(o.bind) == 0:
		return errors.New("where to listen is missing: -B PATH")
	}
	for i, bind := range o.bind {
		if slices.Contains(o.bind[:i], bind) {
			return fmt.Errorf("-B %q is given twice", bind)
		}
		if err := listeners.CheckBind(bind); err != nil {
			return err
		}
	}
	if err := o.checkSecurity(); err != nil {
		return err
	}
	if err := o.forListeners(nil).EnsureDefaults().Validate(); err != nil {
		return err
	}
	return o.forEngine(nil).EnsureDefaults().Validate()
}

// checkSecurity finds options that are missing for an address, or are there for
// none.
func (o *serverOptions) checkSecurity() error {
	secure, web := o.binds("tls://", "tls:", "wss://"), o.binds("ws://", "wss://")
	switch {
	case (o.tls.cert == "") != (o.tls.key == ""):
		return errors.New("--tls-cert and --tls-key are for each other")
	case secure && o.tls.cert == "":
		return errors.New("tls:// and wss:// want --tls-cert and --tls-key")
	case !secure && !o.tls.none():
		return errors.New("--tls-cert, --tls-key and --tls-client-ca are for tls:// and wss://")
	case !web && (o.tokenFile != "" || len(o.origins) > 0):
		return errors.New("--ws-token-file and --ws-origin are for ws:// and wss://")
	}
	return nil
}

// binds tells whether an address has one of these prefixes.
func (o *serverOptions) binds(prefixes ...string) bool {
	return slices.ContainsFunc(o.bind, func(bind string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(bind, p) })
	})
}

// forAddresses gives the part that is each address's.
func (o *serverOptions) forAddresses() (lo listeners.ListenOptions, err error) {
	lo.Origins = o.origins
	if !o.tls.none() {
		if lo.TLS, err = o.tls.server(); err != nil {
			return lo, err
		}
	}
	if o.tokenFile != "" {
		tokens, err := readTokens(o.tokenFile)
		if err != nil {
			return lo, err
		}
		lo.VerifyToken = tokens.Verify
	}
	return lo, nil
}

// forEngine gives the part of the options that is the broker's.
func (o *serverOptions) forEngine(log *slog.Logger) engine.Options {
	return engine.Options{
		Timeout:       o.timeout,
		QueueFrames:   o.queueFrames,
		ForceRegister: o.forceRegister,
		Version:       version(),
		Logger:        log,
	}
}

// forListeners gives the part that is the event loops'.
func (o *serverOptions) forListeners(log *slog.Logger) listeners.Options {
	return listeners.Options{Loops: o.loops, Logger: log}
}

// level is the least that is logged.
func (o *serverOptions) level() slog.Level {
	if o.verbose {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}
