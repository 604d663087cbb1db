// Tls is a broker on TLS whose clients show certificates: the DNS names in one are
// the names that its owner may take.
//
//	go run ./examples/tls
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log"
	"os"
	"os/signal"

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
