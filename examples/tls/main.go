// Tls is a broker on TLS whose clients show certificates: the DNS names in one are
// the names that its owner may take.
//
//	go run ./examples/tls
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log"
	"math/big"
	"os"
	"os/signal"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, log.New(os.Stdout, "", 0))
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out *log.Logger) error {
	root, err := issue(nil, "") // in real life they come from files
	if err != nil {
		return err
	}
	server, err := issue(&root, "localhost")
	if err != nil {
		return err
	}
	panel, err := issue(&root, "panel")
	if err != nil {
		return err
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(root.Leaf)
	broker, err := engine.New(engine.Options{})
	if err != nil {
		return err
	}
	group, err := listeners.New(broker, listeners.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = group.Shutdown(context.Background()) }()
	at, err := group.Listen(ctx, "tls://127.0.0.1:0", listeners.ListenOptions{TLS: &tls.Config{
		Certificates: []tls.Certificate{server}, ClientCAs: trusted, ClientAuth: tls.RequireAndVerifyClientCert,
	}})
	if err != nil {
		return err
	}
	for _, name := range []string{"panel", "boss"} {
		c, err := client.Dial(ctx, "tls://"+at.String(), client.Options{Name: name, TLS: &tls.Config{
			Certificates: []tls.Certificate{panel}, RootCAs: trusted, ServerName: "localhost",
		}})
		if errors.Is(err, codec.AccessDenied) {
			out.Printf("%s: access denied", name)
			continue
		}
		if err != nil {
			return err
		}
		out.Printf("%s: welcome", name)
		_ = c.Close()
	}
	return nil
}

// issue makes a certificate for a DNS name, signed by another one; without it
// the root of all.
func issue(by *tls.Certificate, name string) (c tls.Certificate, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return c, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotAfter: time.Now().Add(time.Hour),
		IsCA: by == nil, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, signer := template, any(key)
	if by != nil {
		template.DNSNames, parent, signer = []string{name}, by.Leaf, by.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return c, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}
