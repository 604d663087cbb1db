package client

import (
	"context"
	"crypto/tls"
	"net"
)

// secure speaks TLS over conn, with the broker at at.
func secure(ctx context.Context, conn net.Conn, at string, o Options, protocols ...string) (net.Conn, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.TLS != nil {
		config = o.TLS.Clone()
	}
	if config.ServerName == "" {
		host, _, err := net.SplitHostPort(at)
		if err != nil {
			return nil, err
		}
		config.ServerName = host
	}
	config.NextProtos = protocols
	c := tls.Client(conn, config)
	return c, c.HandshakeContext(ctx)
}
