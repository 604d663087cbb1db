package main

import (
	"crypto/tls"
	"sync/atomic"

	"github.com/busrt-go/busrt/cmd/busrt/internal/config"
	"github.com/busrt-go/busrt/listeners"
)

// address is what may change of an address while it is served: certificates and
// tokens, for connections to come.
type address struct{ secrets atomic.Pointer[secrets] }

// secrets do not change once they are read.
type secrets struct {
	tls    *tls.Config      // nil without
	tokens listeners.Tokens // nil: none is asked for
}

// readSecrets reads the files of an address.
func readSecrets(l *config.Listen) (s *secrets, err error) {
	s = new(secrets)
	if l.IsTLS() {
		if s.tls, err = l.TLS.Server(); err != nil {
			return nil, err
		}
	}
	s.tokens, err = l.ReadTokens()
	return s, err
}

func newAddress(l *config.Listen) (*address, error) {
	s, err := readSecrets(l)
	if err != nil {
		return nil, err
	}
	a := new(address)
	a.secrets.Store(s)
	return a, nil
}

// options are those to listen with: what may change is asked for each time.
func (a *address) options(c *config.Config, l *config.Listen, s *service) listeners.ListenOptions {
	o := c.Options(l, s.access, s.started)
	if now := a.secrets.Load(); now.tls != nil {
		o.TLS = now.tls.Clone()
		o.TLS.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return a.secrets.Load().tls, nil }
	}
	if a.secrets.Load().tokens != nil {
		o.VerifyToken = func(token string) ([]string, bool) { return a.secrets.Load().tokens.Verify(token) }
	}
	return o
}
