package listeners

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"

	"github.com/coder/websocket"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/internal/wsconn"
)

// maxHeader is what a request may have in bytes before it is refused.
const maxHeader = 16 << 10

// upgrader answers the HTTP requests of a WebSocket listener: it makes streams
// of those that ask for that, may come from where they do, and show a token, if
// one is asked for.
type upgrader struct {
	group    *Group
	bind     string
	resource string // the path that is served; empty: any
	origins  []string
	settings *settings
	verify   func(token string) (names []string, ok bool) // nil: no tokens
}

// connKey is where the context of a request has its connection.
type connKey struct{}

// listenWebSocket opens a door for WebSocket, inside TLS or not.
func (g *Group) listenWebSocket(ctx context.Context, bind string, a address, o ListenOptions, s *settings) (net.Addr, error) {
	secure := a.network == networkWSS
	if secure && o.TLS == nil {
		return nil, bindErrorf(bind, "a certificate is missing (ListenOptions.TLS)")
	}
	d, err := openDoor(ctx, bind, a.path, cmp.Or(o.Timeout, g.broker.Timeout()), g.admission, g.log)
	if err != nil {
		return nil, err
	}
	server := &http.Server{
		Handler:        &upgrader{group: g, bind: bind, resource: a.resource, origins: o.Origins, settings: s, verify: o.VerifyToken},
		MaxHeaderBytes: maxHeader,
		ErrorLog:       slog.NewLogLogger(g.log.Handler(), slog.LevelDebug),
		ConnContext:    func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
	} // the door has the deadlines
	server.SetKeepAlivesEnabled(false)
	var ln net.Listener = d
	if secure {
		ln = tls.NewListener(d, serverTLS(o.TLS, "http/1.1"))
	}
	return g.serve(d.Addr(), d.place(func() { _ = server.Serve(ln) })) // until the door is closed
}

// ServeHTTP implements [http.Handler].
func (u *upgrader) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	below, ok := r.Context().Value(connKey{}).(net.Conn)
	if !ok {
		http.Error(w, "no connection", http.StatusInternalServerError)
		return
	}
	ground := grounded(below)
	info := tcpPeer(ground, &u.bind, u.settings)
	info.Kind = engine.KindWebSocket
	if r.TLS != nil {
		info = tlsPeer(*r.TLS, info)
	}
	if u.resource != "" && r.URL.Path != u.resource {
		http.NotFound(w, r)
		return
	}
	if u.verify != nil {
		token := bearer(r)
		names, ok := u.verify(token)
		if token == "" || !ok {
			u.group.log.Debug("connection not accepted", "bind", u.bind, "source", info.Source, "error", "token missing or wrong")
			w.Header().Set("WWW-Authenticate", `Bearer realm="busrt"`)
			http.Error(w, "a bearer token is required", http.StatusUnauthorized)
			return
		}
		info = credited(info, fingerprint(token), names)
	}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: u.origins})
	if err != nil { // the client was told
		u.group.log.Debug("connection not accepted", "bind", u.bind, "source", info.Source, "error", err)
		return
	}
	enter(below)
	_ = u.group.strand.attach(wsconn.New(ws, below), ground, info) // or shut down meanwhile
}

// enter ends the handshake of a connection that came through a door.
func enter(c net.Conn) {
	for {
		switch x := c.(type) {
		case *guest:
			x.enter()
			return
		case interface{ NetConn() net.Conn }:
			c = x.NetConn()
		default:
			return
		}
	}
}
