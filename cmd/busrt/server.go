package main

import (
	"errors"
	"fmt"
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

	config    string // path of the configuration; - is stdin
	checkOnly bool
	logFormat string
	daemon    bool
	syslog    bool

	// Without an effect: here frames leave at the end of the event that brought
	// them, never later.
	bufSize, bufTTL int
}

const serverHelp = `{{.Short}}.

Usage:
  {{.UseLine}}

Options:
  -B, --bind PATH          Where to listen, in place of the configuration's addresses;
                           may be given more than once:
                             /PATH, *.sock, *.socket, *.ipc   a unix socket
                             IP:PORT                          TCP
                             tls://HOST:PORT                  TLS
                             ws://HOST:PORT, wss://HOST:PORT  WebSocket, and inside TLS
                             fifo:PATH                        a FIFO, for shell scripts
                             fd:, fd:NAME                     sockets of the service manager
      --config FILE        Configuration in TOML, - for stdin [default: /etc/busrt/busrt.toml,
                           if it is there]; options given here win over it
      --check              Check the configuration, open nothing, write nothing
  -P, --pid-file PATH      File for the process id, removed at the end
      --verbose            Log at the level debug
      --log-format FORMAT  auto, text, json or journal [default: auto]
      --log-syslog         Log to syslog
  -D                       Run in the background: this process ends once all addresses
                           are bound; log to syslog unless DISABLE_SYSLOG=1
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

Without -B and without addresses in a configuration it listens at
$XDG_RUNTIME_DIR/busrt.sock, as root at /run/busrt/busrt.sock{{if not .HasParent}}: not as busrtd,
which wants -B{{end}}.

The log goes to stderr; NO_COLOR is respected. The environment variable
GOMAXPROCS overrides the number of processors in use, which is that of loops.

SIGINT and SIGTERM tell the clients, write what is queued for them, for at most
the timeout, remove sockets, FIFOs and the pid file, and exit with 0. A second
signal does not wait for the clients; the exit code is 130 (SIGINT) or 143.
SIGHUP reads the configuration, certificates and tokens again, SIGUSR1 logs the
state, SIGUSR2 ends the broker as soon as its clients have left.

Exit codes: 0 done, 1 failed, 2 wrong usage, 70 a bug, 78 wrong configuration.
`

// daemonName is the program that is a server alone.
const daemonName = "busrtd"

// newServer makes the command that runs a broker, under a name of its own: it
// is a program as well.
func newServer(name string) *cobra.Command {
	o := newServerOptions()
	cmd := &cobra.Command{
		Use:   name + " [-B PATH...] [OPTIONS]",
		Short: "Run a broker",
		Args:  noArgs,

		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return usageErrorf(cmd, "%w", err)
			}
			s := &service{options: o, loader: o.loader(cmd.Flags(), cmd.InOrStdin()), stderr: cmd.ErrOrStderr()}
			if err := s.configure(name != daemonName); err != nil {
				if errors.Is(err, errNowhere) {
					return usageErrorf(cmd, "%w", err)
				}
				return err
			}
			switch {
			case o.checkOnly:
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "the configuration is valid")
				return err
			case o.daemon && !isDaemon():
				return daemonize(cmd.Context(), cmd.ErrOrStderr())
			}
			return s.serve(cmd.Context())
		},
	}
	cmd.SetHelpTemplate(serverHelp)
	o.define(cmd.Flags())
	return cmd
}

// newServerOptions are the defaults: the reference's, but for the loops.
func newServerOptions() *serverOptions {
	return &serverOptions{
		logFormat:   "auto",
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
	fs.StringVar(&o.config, "config", "", "")
	fs.BoolVar(&o.checkOnly, "check", false, "")
	fs.StringVar(&o.logFormat, "log-format", "auto", "")
	fs.BoolVarP(&o.daemon, "D", "D", false, "")
	fs.BoolVar(&o.syslog, "log-syslog", false, "")
	eachOnce(fs)
}

// check finds what parsing the flags cannot.
func (o *serverOptions) check() error {
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
	all := listeners.Options{}.EnsureDefaults()
	all.Loops = o.loops
	if err := all.Validate(); err != nil {
		return err
	}
	return engine.Options{QueueFrames: o.queueFrames}.EnsureDefaults().Validate()
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
