package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/busrt-go/busrt/cmd/busrt/internal/config"
)

// flagKeys are the keys of the configuration that flags are for.
var flagKeys = map[string]string{
	"w": "broker.loops", "t": "broker.timeout", "queue-size": "broker.queue_frames", "force-register": "broker.force_register",
	"pid-file": "broker.pid_file", "log-format": "log.format", "log-syslog": "log.syslog",
}

// loader reads what the flags say together with file and environment.
func (o *serverOptions) loader(fs *pflag.FlagSet, stdin io.Reader) *config.Loader {
	l := &config.Loader{Path: o.config, Stdin: stdin, Environ: os.Environ()}
	if l.Path == "" {
		l.Path = os.Getenv("BUSRT_CONFIG")
	}
	fs.Visit(func(f *pflag.Flag) {
		name := "--" + f.Name
		if len(f.Name) == 1 {
			name = name[1:]
		}
		if key := flagKeys[f.Name]; key != "" {
			l.Flags = append(l.Flags, config.Flag{Name: name, Key: key, Value: f.Value.String()})
		}
	})
	if o.verbose {
		l.Flags = append(l.Flags, config.Flag{Name: "--verbose", Key: "log.level", Value: "debug"})
	}
	if o.daemon && os.Getenv("DISABLE_SYSLOG") != "1" {
		l.Flags = append(l.Flags, config.Flag{Name: "-D", Key: "log.syslog", Value: "true"})
	}
	for _, bind := range o.bind {
		at := config.Listen{URL: bind}
		if at.IsTLS() {
			at.TLS = config.TLS{Cert: o.tls.cert, Key: o.tls.key, ClientCA: o.tls.authority}
		}
		if at.IsWeb() {
			at.TokenFile, at.Origins = o.tokenFile, o.origins
		}
		l.Flags = append(l.Flags, config.Flag{Name: "-B", Bind: &at})
	}
	return l
}

var errNowhere = errors.New("where to listen is missing: -B PATH")

// loadConfig reads the configuration. Without an address it has the default one, if
// that is allowed.
func loadConfig(l *config.Loader, fallback bool) (*config.Config, error) {
	c, err := l.Load()
	if err != nil {
		return nil, &codedError{exitConfig, err}
	}
	if len(c.Listen) > 0 {
		return c, nil
	}
	socket := defaultSocket()
	if !fallback || socket == "" {
		return nil, errNowhere
	}
	c.Listen = []config.Listen{{URL: socket}}
	return c, nil
}

// systemSocket is where the broker of a machine is; its directory is made for
// root.
const systemSocket = "/run/busrt/busrt.sock"

// defaultSocket is where the broker listens, and clients look for it, if nothing
// is said; empty if there is no such place. Never a port.
func defaultSocket() string {
	if os.Geteuid() == 0 {
		return systemSocket
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return filepath.Join(dir, "busrt.sock")
	}
	return ""
}
