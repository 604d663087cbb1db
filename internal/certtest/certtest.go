// Package certtest makes certificates for tests: an authority, and what it signs,
// which is good for an hour. Everything may be called by the goroutine of the
// test. No slices.
package certtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority signs certificates.
type Authority struct {
	tb     testing.TB
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
	serial int64
}

// New makes an authority that nobody else trusts.
func New(tb testing.TB) *Authority {
	tb.Helper()
	a := &Authority{tb: tb}
	c := a.template("authority")
	c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	der, key := a.issue(c)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	a.cert, a.key = cert, key
	return a
}

func (a *Authority) template(name string) *x509.Certificate {
	a.serial++
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(a.serial), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Minute), NotAfter: now.Add(time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
}

// issue makes a key for c and signs it, by itself as long as there is no
// authority.
func (a *Authority) issue(c *x509.Certificate) (der []byte, key *ecdsa.PrivateKey) {
	a.tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.tb.Fatal(err)
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	if der, err = x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer); err != nil {
		a.tb.Fatal(err)
	}
	return der, key
}

// Issue makes a certificate for localhost and for DNS names.
func (a *Authority) Issue(names ...string) tls.Certificate {
	a.tb.Helper()
	c := a.template("leaf")
	c.IPAddresses, c.DNSNames = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, names
	der, key := a.issue(c)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// Pool has the authority alone.
func (a *Authority) Pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// Server is for a listener that asks for certificates, but does not insist.
func (a *Authority) Server() *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{a.Issue()}, MinVersion: tls.VersionTLS12,
		ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: a.Pool(),
	}
}

// Client is for a client that trusts the authority, without a certificate of its
// own.
func (a *Authority) Client() *tls.Config {
	return &tls.Config{RootCAs: a.Pool(), MinVersion: tls.VersionTLS12}
}

// Named is for a client with a certificate that has these DNS names.
func (a *Authority) Named(names ...string) *tls.Config {
	c := a.Client()
	c.Certificates = []tls.Certificate{a.Issue(names...)}
	return c
}

// Write puts the authority's certificate, and a new one for localhost with its
// key, into dir: ca.pem, cert.pem, key.pem.
func (a *Authority) Write(dir string) {
	a.tb.Helper()
	leaf := a.Issue()
	key, err := x509.MarshalPKCS8PrivateKey(leaf.PrivateKey)
	if err != nil {
		a.tb.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"ca.pem":   {Type: "CERTIFICATE", Bytes: a.cert.Raw},
		"cert.pem": {Type: "CERTIFICATE", Bytes: leaf.Certificate[0]},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			a.tb.Fatal(err)
		}
	}
}
