package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

func (k *checker) listens() {
	if k.source != nil && len(k.Listen) > 0 && k.source.lines["listen"] > 0 && k.source.lines["listen[0]"] == 0 {
		k.wrong("listen", "write [[listen]]", "this is a list of tables")
		return
	}
	for i, l := range k.Listen {
		path := "listen[" + strconv.Itoa(i) + "]"
		switch same := slices.IndexFunc(k.Listen[:i], func(o Listen) bool { return o.URL == l.URL }); {
		case l.URL == "":
			k.wrong(path, `write url = "/run/busrt/busrt.sock"`, "the url is missing")
			continue
		case same >= 0:
			k.wrong(join(path, "url"), "write each address once", "%q is that of listen[%d]", l.URL, same)
			continue
		}
		if err := listeners.CheckBind(l.URL); err != nil {
			_, text, _ := strings.Cut(err.Error(), strconv.Quote(l.URL)+": ")
			k.wrong(join(path, "url"), `write a path, "HOST:PORT", "tls://HOST:PORT", "ws://HOST:PORT", "fifo:PATH" or "fd:"`, "%q: %s", l.URL, text)
			continue
		}
		k.listen(path, &l)
	}
}

// listen checks what belongs to one address.
func (k *checker) listen(path string, l *Listen) {
	had := len(k.found)
	k.limits(path, &l.Limits)
	for _, f := range []struct {
		name  string
		given bool
		fits  bool
		where string
	}{
		{"tls", l.TLS != TLS{}, l.IsTLS(), "tls:// and wss://"},
		{"tokens", l.Tokens != nil, l.IsWeb(), "ws:// and wss://"},
		{"token_file", l.TokenFile != "", l.IsWeb(), "ws:// and wss://"},
		{"origins", l.Origins != nil, l.IsWeb(), "ws:// and wss://"},
		{"owner", l.Owner != "", l.isUnix(), "unix sockets"},
		{"group", l.Group != "", l.isUnix(), "unix sockets"},
		{"mode", l.Mode.FileMode != 0, l.isUnix() || l.isFIFO(), "unix sockets and FIFOs"},
		{"aaa", l.AAA != nil && *l.AAA, !l.isFIFO(), connections},
	} {
		if f.given && !f.fits {
			k.misplaced(path, f.name, f.where)
		}
	}
	for f := range reflect.TypeFor[Limits]().Fields() {
		if name := f.Tag.Get("toml"); l.isFIFO() && k.given(path, name) {
			k.misplaced(path, name, connections)
		}
	}
	if l.AAA != nil && *l.AAA && k.Clients == nil {
		k.wrong(join(path, "aaa"), `write [clients."NAME"] for each client, or aaa = false`, "there is no table [clients] to be obeyed")
	}
	if len(k.found) == had {
		k.secrets(path, l)
	}
	if len(k.found) == had {
		o := l.options(k.Config, nil)
		o.TLS = nil
		k.failed(path, o.Validate())
	}
}

const connections = "connections, which a FIFO has none of"

// misplaced tells that a key is for other addresses.
func (k *checker) misplaced(path, name, where string) {
	k.wrong(join(path, name), "leave it out, or write another url", "this key is for %s", where)
}

// secrets checks certificates and tokens.
func (k *checker) secrets(path string, l *Listen) {
	switch {
	case (l.TLS.Cert == "") != (l.TLS.Key == ""):
		k.wrong(join(path, "tls"), `write cert = "FILE" and key = "FILE"`, "cert and key are for each other")
	case l.IsTLS() && l.TLS.Cert == "":
		k.wrong(path, `write tls = { cert = "FILE", key = "FILE" }`, "%s wants a certificate", l.URL)
	case l.IsTLS():
		if _, err := l.TLS.Server(); err != nil {
			k.wrong(join(path, "tls"), "write the paths of files in PEM that the broker may read", "%s", strings.TrimPrefix(err.Error(), "busrt: "))
		}
	}
	if l.Tokens != nil && l.TokenFile != "" {
		k.wrong(join(path, "token_file"), "write one of them", "there are tokens as well")
	} else if _, err := l.ReadTokens(); err != nil {
		key := "tokens"
		if l.TokenFile != "" {
			key = "token_file"
		}
		k.wrong(join(path, key), "write a token a line, behind it the names it allows", "%s", strings.TrimPrefix(err.Error(), "busrt: "))
	}
}

// IsTLS tells that an address has TLS.
func (l *Listen) IsTLS() bool { return l.has("tls:", "wss://") }

// IsWeb tells that it is for WebSocket.
func (l *Listen) IsWeb() bool { return l.has("ws://", "wss://") }

func (l *Listen) isFIFO() bool { return l.has("fifo:") }

func (l *Listen) isUnix() bool {
	return !l.has("tls:", "ws://", "wss://", "fifo:", "fd:", "tcp:") && (strings.HasPrefix(l.URL, "unix:") || IsPath(l.URL) || l.hasSuffix(".socket", ".ipc"))
}

func (l *Listen) has(prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(l.URL, p) })
}

func (l *Listen) hasSuffix(suffixes ...string) bool {
	return slices.ContainsFunc(suffixes, func(p string) bool { return strings.HasSuffix(l.URL, p) })
}

// Streams tells that the connections of an address have goroutines.
func (l *Listen) Streams() bool { return l.IsTLS() || l.IsWeb() }

// Guarded tells whether [clients] says who may connect at an address.
func (c *Config) Guarded(l *Listen) bool {
	return c.Clients != nil && !l.isFIFO() && (l.AAA == nil || *l.AAA)
}

// options are those of an address, but for certificates and tokens, which may
// change. m is what [clients] says.
func (l *Listen) options(c *Config, m *engine.AAAMap) listeners.ListenOptions {
	s := l.settings()
	o := listeners.ListenOptions{
		Mode: l.Mode.FileMode, Owner: l.Owner, Group: l.Group,
		Timeout: s.Timeout, QueueFrames: s.QueueFrames, QueueBytes: s.QueueBytes, Slow: s.Slow,
		MaxFrame: s.MaxFrame, FrameRate: s.FrameRate,
		MaxSubscriptions: s.MaxSubscriptions, MaxExclusions: s.MaxExclusions, MaxInterests: s.MaxInterests,
		Origins: l.Origins,
	}
	if c.Guarded(l) {
		o.AAA = m
	}
	return o
}

// Server is TLS for listeners. With an authority clients have to show a
// certificate that it has signed.
func (t TLS) Server() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, fmt.Errorf("busrt: certificate %q: %w", t.Cert, Reason(err))
	}
	c.Certificates = []tls.Certificate{pair}
	if t.ClientCA != "" {
		if c.ClientCAs, err = Authority(t.ClientCA); err != nil {
			return nil, err
		}
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return c, nil
}

// Authority reads certificates that are trusted, in PEM.
func Authority(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("busrt: authority %q: %w", path, Reason(err))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("busrt: authority %q: no certificate in it", path)
	}
	return pool, nil
}

// Reason strips the operation and the path off an error of package os.
func Reason(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}
