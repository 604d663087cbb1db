package listeners

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Networks of an [address].
const (
	networkUnix = "unix"
	networkTCP  = "tcp"
	networkFIFO = "fifo"
	networkTLS  = "tls"
	networkWS   = "ws"
	networkWSS  = "wss"
	networkFD   = "fd"
)

// address is a parsed bind string.
type address struct {
	network  string // one of those above
	path     string // a path, HOST:PORT, or the name of a socket; relative paths stay relative
	resource string // of a URL: /PATH, empty for any
}

// parseAddress reads a bind string as docs/cli.md says (sections 1 and 7):
//
//	fifo:PATH                       a FIFO for shell scripts
//	/…, *.sock, *.socket, *.ipc     a unix socket, also with unix: in front
//	HOST:PORT, [::1]:PORT           TCP, also with tcp:// in front
//	tls://HOST:PORT                 TLS on TCP
//	ws://HOST:PORT[/PATH], wss://…  WebSocket, and inside TLS
//	fd:, fd:NAME                    sockets that the service manager has opened
//
// It touches neither the file system nor the network.
func parseAddress(bind string) (address, error) {
	scheme, rest := cutScheme(bind)
	a := address{network: scheme, path: rest}
	switch scheme {
	case networkFIFO, networkUnix:
		if rest == "" || strings.Contains(rest, "\x00") {
			return address{}, bindErrorf(bind, "a path is missing behind %s:", scheme)
		}
		return a, nil
	case networkFD:
		return a, nil
	case networkWS, networkWSS:
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			a.path, a.resource = rest[:i], strings.TrimSuffix(rest[i:], "/")
		}
		if strings.ContainsAny(a.resource, "?#") {
			return address{}, bindErrorf(bind, "a URL with a path at most")
		}
	case "":
		if isUnixPath(rest) {
			return address{network: networkUnix, path: rest}, nil
		}
		a.network = networkTCP
	}
	if !isHostPort(a.path) {
		return address{}, bindErrorf(bind, "not a unix path (a leading / or a suffix .sock, .socket, .ipc), "+
			"[tcp://|tls://|ws://|wss://]HOST:PORT, fifo:PATH or fd:")
	}
	return a, nil
}

// cutScheme splits a known scheme off a bind string; the empty scheme is that
// of a string which has none.
func cutScheme(bind string) (scheme, rest string) {
	for _, prefix := range []string{"ws://", "wss://", "tls://", "tls:", "tcp://", "tcp:", "unix://", "unix:", "fifo:", "fd://", "fd:"} {
		if rest, ok := strings.CutPrefix(bind, prefix); ok {
			return strings.TrimRight(prefix, ":/"), rest
		}
	}
	return "", bind
}

// isUnixPath is the rule that clients use too (docs/protocol.md, section 13).
func isUnixPath(s string) bool {
	if strings.Contains(s, "\x00") {
		return false
	}
	for _, suffix := range []string{".sock", ".socket", ".ipc"} {
		if strings.HasSuffix(s, suffix) {
			return true
		}
	}
	return strings.HasPrefix(s, "/")
}

// isHostPort tells whether s has the form of a TCP address. An empty host
// stands for all addresses of the machine; the port is a number.
func isHostPort(s string) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil || strings.ContainsAny(host, "/ \t\r\n\x00") {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// CheckBind tells what is wrong with the form of a bind string, if anything, as
// [Group.Listen] would. It touches neither the file system nor the network. Any
// goroutine.
func CheckBind(bind string) error {
	_, err := parseAddress(bind)
	return err
}

// bindErrorf is the one form of errors about bind strings; it names the string
// as the user wrote it, then what is wrong.
func bindErrorf(bind, format string, args ...any) error {
	return fmt.Errorf("busrt: bind %q: "+format, append([]any{bind}, args...)...)
}
