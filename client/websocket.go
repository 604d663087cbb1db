package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/coder/websocket"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/wsconn"
)

// upgrade makes a WebSocket of conn, which is connected to the broker at p. A
// token that the broker does not like, or the lack of one, is a [RefusedError].
func upgrade(ctx context.Context, conn net.Conn, p place, o Options) (net.Conn, error) {
	dialed := func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	header := http.Header{}
	if o.Token != "" {
		header.Set("Authorization", "Bearer "+o.Token)
	}
	ws, answer, err := websocket.Dial(ctx, p.address, &websocket.DialOptions{
		HTTPHeader: header,
		HTTPClient: &http.Client{
			Transport:     &http.Transport{DialContext: dialed, DialTLSContext: dialed},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	})
	switch {
	case err == nil:
		return wsconn.New(ws, conn), nil
	case answer == nil:
		return nil, err
	case answer.StatusCode == http.StatusUnauthorized, answer.StatusCode == http.StatusForbidden:
		return nil, &RefusedError{Address: p.address, Name: o.Name, Code: codec.AccessDenied}
	case answer.StatusCode != http.StatusSwitchingProtocols:
		err = fmt.Errorf("the answer in HTTP is %s", answer.Status)
	}
	return nil, errors.Join(errors.New("no WebSocket"), err)
}
