package listeners

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// shows is the header of who shows a token.
func shows(authorization string) http.Header {
	return http.Header{"Authorization": {authorization}}
}

// TestTokens: without the right one there is no WebSocket, with it the names that
// it allows; it is part of who the client is [BUSRT-H9].
func TestTokens(t *testing.T) {
	for _, network := range []string{networkWS, networkWSS} {
		t.Run(network, func(t *testing.T) {
			b := serve(t, networkUnix, engine.Options{}, Options{Loops: 1})
			tokens := Tokens{"any": nil, "some": {"alice", "bob"}, "none": {}}
			p := b.point(t, network, ListenOptions{VerifyToken: tokens.Verify})
			for _, authorization := range []string{"", "Bearer", "Bearer ", "Bearer wrong", "any", "Basic any", "Bearer any x", "Bearer an", "Bearer anyy"} {
				_, err := open(t.Context(), p.with(p.config, shows(authorization)))
				answer, ok := errors.AsType[refusal](err)
				if !ok || answer.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(answer.Header.Get("WWW-Authenticate"), "Bearer") {
					t.Errorf("%q: %v", authorization, err)
				}
			}
			for _, tc := range []struct {
				authorization, name string
				want                codec.Status
			}{
				{"Bearer any", "dora", codec.OK},
				{"bearer  some", "alice", codec.OK},
				{"Bearer some", "alice%%1", codec.OK},
				{"Bearer some", "carol", codec.AccessDenied},
				{"Bearer none", "carol", codec.AccessDenied},
				{"Bearer any", "alice%%2", codec.AccessDenied}, // another identity
			} {
				if code := dial(t, p.with(p.config, shows(tc.authorization))).hello(tc.name); code != tc.want {
					t.Errorf("%s as %s: %v, want %v", tc.authorization, tc.name, code, tc.want)
				}
			}
			if strings.Contains(fingerprint("secret"), "secret") || fingerprint("a") == fingerprint("b") {
				t.Error("a fingerprint gives its token away, or is that of another")
			}
		})
	}
}

// TestCredited: of two credentials both have to allow a name.
func TestCredited(t *testing.T) {
	info := credited(engine.Peer{}, "cert:1", []string{"a", "b"})
	info = credited(info, "token:2", []string{"b", "c"})
	if info.Identity.Credential != "cert:1 token:2" || len(info.Names) != 1 || info.Names[0] != "b" {
		t.Errorf("%v", info)
	}
	if info = credited(info, "token:3", nil); len(info.Names) != 1 {
		t.Errorf("%v", info)
	}
}

// TestOrigin: pages of other hosts get no connection, unless they are allowed to.
func TestOrigin(t *testing.T) {
	b := serve(t, networkUnix, engine.Options{}, Options{Loops: 1})
	p := b.point(t, networkWS, ListenOptions{Origins: []string{"good.example", "https://*.good.example"}})
	for origin, want := range map[string]int{
		"":                          0,
		"http://" + p.host:          0,
		"http://good.example":       0,
		"https://a.good.example":    0,
		"http://a.good.example":     http.StatusForbidden,
		"http://evil.example":       http.StatusForbidden,
		"https://good.example.evil": http.StatusForbidden,
		"null":                      http.StatusForbidden,
	} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		c, err := open(t.Context(), p.with(nil, header))
		got := 0
		if answer, ok := errors.AsType[refusal](err); ok {
			got = answer.StatusCode
		} else {
			check(t, err)
			check(t, c.Close())
		}
		if got != want {
			t.Errorf("origin %q: status %d, want %d", origin, got, want)
		}
	}
}

// TestNoUpgrade: who asks for something else gets an answer.
func TestNoUpgrade(t *testing.T) {
	b := serve(t, networkUnix, engine.Options{}, Options{Loops: 1})
	p := b.point(t, networkWS, ListenOptions{})
	at, err := b.Listen(t.Context(), "ws://127.0.0.1:0/bus", ListenOptions{})
	check(t, err)
	for url, want := range map[string]int{
		"http://" + p.host + "/":         http.StatusUpgradeRequired,
		"http://" + at.String() + "/":    http.StatusNotFound,
		"http://" + at.String() + "/bus": http.StatusUpgradeRequired,
	} {
		transport := new(http.Transport)
		r, err := (&http.Client{Transport: transport}).Get(url) //nolint:noctx // a test's own server
		check(t, err)
		check(t, r.Body.Close())
		transport.CloseIdleConnections()
		if r.StatusCode != want {
			t.Errorf("%s: status %d, want %d", url, r.StatusCode, want)
		}
	}
}

// socket opens a WebSocket, as something else than a stream.
func socket(t *testing.T, p *point, o *websocket.DialOptions) *websocket.Conn {
	t.Helper()
	ws, r, err := websocket.Dial(t.Context(), "ws://"+p.host, o)
	check(t, err)
	t.Cleanup(func() { _ = ws.CloseNow() })
	if x := r.Header.Get("Sec-WebSocket-Extensions"); x != "" {
		t.Errorf("the broker wants extensions: %s", x)
	}
	return ws
}

// TestMessagesAreAStream: frames may span messages, and a message have several;
// compression is not agreed to, pings are answered (docs/protocol.md, section
// 13).
func TestMessagesAreAStream(t *testing.T) {
	b := serve(t, networkUnix, engine.Options{}, Options{Loops: 1})
	p := b.point(t, networkWS, ListenOptions{})
	ws := socket(t, p, &websocket.DialOptions{CompressionMode: websocket.CompressionContextTakeover})
	bytes := websocket.NetConn(t.Context(), ws, websocket.MessageBinary)
	x := wired(t, bytes)
	stream := append(codec.AppendHello(codec.Greeting[:], "x"),
		codec.AppendFrame(codec.AppendFrame(nil, 0, codec.OpMessage, codec.QoSNo, "x", []byte("one")),
			0, codec.OpMessage, codec.QoSNo, "x", []byte("two"))...)
	for _, b := range stream[:len(stream)-30] {
		x.send([]byte{b})
	}
	x.send(nil)
	x.send(stream[len(stream)-30:])
	x.bytes(0xEB, 1, 0, 1, 1)
	x.got(codec.KindMessage, "x", "", "one")
	x.got(codec.KindMessage, "x", "", "two")

	ponged := make(chan error, 1)
	go func() { ponged <- ws.Ping(t.Context()) }()
	x.send(codec.AppendFrame(nil, 1, codec.OpMessage, codec.QoSProcessed, "x", []byte("three")))
	x.got(codec.KindMessage, "x", "", "three")
	x.acked(1, codec.OK)
	go func() { _, _ = x.r.ReadByte() }() // somebody has to read
	check(t, <-ponged)
}

// TestTextMessage ends the connection, with the status for that.
func TestTextMessage(t *testing.T) {
	b := serve(t, networkUnix, engine.Options{}, Options{Loops: 1})
	ws := socket(t, b.point(t, networkWS, ListenOptions{}), nil)
	check(t, ws.Write(t.Context(), websocket.MessageText, []byte("hello")))
	for {
		if _, _, err := ws.Read(t.Context()); err != nil {
			if websocket.CloseStatus(err) != websocket.StatusUnsupportedData {
				t.Errorf("ended with %v", err)
			}
			return
		}
	}
}

// TestGoodbye: the broker ends a WebSocket connection in words, and answers who
// does so.
func TestGoodbye(t *testing.T) {
	b := serve(t, networkUnix, engine.Options{}, Options{Loops: 1})
	p := b.point(t, networkWS, ListenOptions{})
	leaving := socket(t, p, nil)
	read := func(ws *websocket.Conn) {
		_, _, err := ws.Read(t.Context()) // the greeting
		check(t, err)
	}
	read(leaving)
	check(t, leaving.Close(websocket.StatusNormalClosure, "")) // waits for the answer
	refused := socket(t, p, nil)
	read(refused)
	check(t, refused.Write(t.Context(), websocket.MessageBinary, []byte("GET")))
	read(refused) // the code [BUSRT-H2]
	if _, _, err := refused.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("ended with %v", err)
	}
}

// TestWebSocketSource [BUSRT-C4].
func TestWebSocketSource(t *testing.T) {
	b := serve(t, networkUnix, engine.Options{}, Options{Loops: 1})
	p := b.point(t, networkWSS, ListenOptions{})
	x := connect(t, p, "x")
	i := clientInfo(t, x, "x")
	if i.Kind != "websocket" || i.Port == nil || *i.Port != "wss://127.0.0.1:0" || i.Source == nil || *i.Source != x.LocalAddr().String() {
		t.Errorf("%v", i)
	}
	y := connect(t, b.point(t, networkTLS, ListenOptions{}), "y")
	if i := clientInfo(t, x, "y"); i.Kind != "tcp" || i.Source == nil || *i.Source != y.LocalAddr().String() {
		t.Errorf("%v", i)
	}
}

// TestHTTPShutdown: requests that are under way do not hold the end up.
func TestHTTPShutdown(t *testing.T) {
	b := serve(t, networkWS, engine.Options{}, Options{Loops: 1})
	c, err := net.Dial("tcp", b.at.String())
	check(t, err)
	defer func() { _ = c.Close() }()
	_, err = io.WriteString(c, "GET / HTTP/1.1\r\n")
	check(t, err)
	connect(t, b.at, "x") // so that one was accepted too
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	check(t, b.Shutdown(ctx))
}
