package client

import (
	"fmt"
	"net"
	"strings"
)

// parseAddress tells what to dial for the address of a broker (docs/protocol.md,
// section 13): a path of a unix socket, or host:port.
func parseAddress(address string) (network string, err error) {
	switch {
	case strings.HasPrefix(address, "ws://"), strings.HasPrefix(address, "wss://"):
		return "", fmt.Errorf("busrt: address %q: WebSocket is not supported yet", address)
	case strings.HasPrefix(address, "/"):
		return "unix", nil
	}
	for _, suffix := range [...]string{".sock", ".socket", ".ipc"} {
		if strings.HasSuffix(address, suffix) {
			return "unix", nil
		}
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return "", fmt.Errorf("busrt: address %q is neither a path of a unix socket nor host:port", address)
	}
	return "tcp", nil
}
