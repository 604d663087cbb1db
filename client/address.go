package client

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// transport is what frames travel by.
type transport string

const (
	transportUnix transport = "unix"
	transportTCP  transport = "tcp"
	transportTLS  transport = "tls"
	transportWS   transport = "ws"
	transportWSS  transport = "wss"
)

// place is where a broker is.
type place struct {
	address   string // as it was given
	transport transport
	at        string // a path, or HOST:PORT
}

// parseAddress reads the address of a broker (docs/protocol.md, section 13): a
// path of a unix socket, or host:port, also with unix: or tcp:// in front;
// tls://host:port; ws:// and wss://host, with a port and a path if need be.
func parseAddress(address string) (place, error) {
	p := place{address: address, transport: transportTCP, at: address}
	switch {
	case strings.HasPrefix(address, "ws://"), strings.HasPrefix(address, "wss://"):
		return parseURL(address)
	case cut(&p.at, "unix://", "unix:"):
		p.transport = transportUnix
		if p.at == "" {
			return p, fmt.Errorf("busrt: address %q: a path is missing", address)
		}
		return p, nil
	case cut(&p.at, "tls://"):
		p.transport = transportTLS
	case cut(&p.at, "tcp://", "tcp:"):
	case isUnixPath(address):
		p.transport = transportUnix
		return p, nil
	}
	if _, _, err := net.SplitHostPort(p.at); err != nil {
		return p, fmt.Errorf("busrt: address %q is neither a path of a unix socket nor host:port", address)
	}
	return p, nil
}

// cut takes the first of prefixes that s has off it.
func cut(s *string, prefixes ...string) bool {
	for _, prefix := range prefixes {
		if rest, ok := strings.CutPrefix(*s, prefix); ok {
			*s = rest
			return true
		}
	}
	return false
}

func isUnixPath(s string) bool {
	for _, suffix := range [...]string{".sock", ".socket", ".ipc"} {
		if strings.HasSuffix(s, suffix) {
			return true
		}
	}
	return strings.HasPrefix(s, "/")
}

// parseURL reads an address of WebSocket.
func parseURL(address string) (place, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return place{}, fmt.Errorf("busrt: address %q is not SCHEME://HOST[:PORT][/PATH]", address)
	}
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "ws":
		port = "80"
	default:
		port = "443"
	}
	return place{address, transport(u.Scheme), net.JoinHostPort(u.Hostname(), port)}, nil
}
