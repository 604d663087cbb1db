package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"

	"github.com/busrt-go/busrt/cmd/busrt/internal/config"
)

// tlsFiles are files in PEM; the empty name is that of none.
type tlsFiles struct {
	cert, key string // of oneself
	authority string // whose certificates are trusted
}

// none tells that nothing is said about TLS.
func (f tlsFiles) none() bool { return f == tlsFiles{} }

// client is for a client. Without an authority those of the system are trusted,
// or anybody, if insecure.
func (f tlsFiles) client(insecure bool) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: insecure} //nolint:gosec // a flag says so
	pool, err := f.load(c)
	c.RootCAs = pool
	return c, err
}

func (f tlsFiles) load(c *tls.Config) (authority *x509.CertPool, err error) {
	if f.cert != "" {
		pair, err := tls.LoadX509KeyPair(f.cert, f.key)
		if err != nil {
			return nil, fmt.Errorf("busrt: certificate %q: %w", f.cert, config.Reason(err))
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if f.authority == "" {
		return nil, nil
	}
	return config.Authority(f.authority)
}
