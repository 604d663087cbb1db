package listeners

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"net"
	"slices"

	"github.com/busrt-go/busrt/engine"
)

// serverTLS is c for a listener: TLS 1.2 at least, and no other protocol than
// those named. c stays as it is.
func serverTLS(c *tls.Config, protocols ...string) *tls.Config {
	c = c.Clone()
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	c.NextProtos = protocols
	return c
}

// listenTLS opens a door for bytes inside TLS.
func (g *Group) listenTLS(ctx context.Context, bind string, a address, o ListenOptions, s *settings) (net.Addr, error) {
	if o.TLS == nil {
		return nil, bindErrorf(bind, "a certificate is missing (ListenOptions.TLS)")
	}
	d, err := openDoor(ctx, bind, a.path, cmp.Or(o.Timeout, g.broker.Timeout()), g.admission, g.log)
	if err != nil {
		return nil, err
	}
	config := serverTLS(o.TLS)
	serve := func() {
		d.each(func(guest *guest) {
			c := tls.Server(guest, config)
			if err := c.Handshake(); err != nil {
				g.log.Debug("connection not accepted", "bind", bind, "source", guest.RemoteAddr().String(), "error", err)
				_ = guest.Close()
				return
			}
			guest.enter()
			_ = g.strand.attach(c, guest.Conn, tlsPeer(c.ConnectionState(), tcpPeer(guest.Conn, &bind, s))) // or shut down meanwhile
		})
	}
	return g.serve(d.Addr(), d.place(serve))
}

// tlsPeer adds to info what a verified client certificate says: the names that
// the peer may take are those of DNS in it, none if it has none [BUSRT-H9].
func tlsPeer(s tls.ConnectionState, info engine.Peer) engine.Peer {
	if len(s.VerifiedChains) == 0 {
		return info
	}
	leaf := s.PeerCertificates[0]
	hash := sha256.Sum256(leaf.Raw)
	return credited(info, "cert:"+hex.EncodeToString(hash[:]), append([]string{}, leaf.DNSNames...))
}

// credited adds a credential, and the names that it allows, nil for any. Of two
// credentials both have to allow a name.
func credited(info engine.Peer, credential string, names []string) engine.Peer {
	if info.Identity.Credential != "" {
		credential = info.Identity.Credential + " " + credential
	}
	info.Identity.Credential = credential
	switch {
	case info.Names == nil:
		info.Names = names
	case names != nil:
		info.Names = slices.DeleteFunc(slices.Clone(info.Names), func(n string) bool { return !slices.Contains(names, n) })
	}
	return info
}
