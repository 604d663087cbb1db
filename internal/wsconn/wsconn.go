// Package wsconn makes a byte stream of a WebSocket connection, the same way for
// both ends (docs/protocol.md, section 13): binary messages one behind the other
// are one stream, and where one ends says nothing. A message is read as it
// arrives, so its length does not matter.
//
// A [Conn] may be read by one goroutine and written by another one. A slice is
// the callee's until the call returns.
package wsconn

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/coder/websocket"
)

// closeGrace is how long the peer may take to say goodbye as well.
const closeGrace = time.Second

// ErrText says that the peer sent a text message, which ended the connection.
var ErrText = errors.New("busrt: WebSocket: want binary messages, got one of text")

// Conn is a stream of bytes over WebSocket. Addresses and deadlines are those of
// the connection below. A deadline that has passed ends the connection for good.
type Conn struct {
	net.Conn // below
	ws       *websocket.Conn
	message  io.Reader // that is being read; nil between messages
}

// New makes a stream of ws, which speaks through below.
func New(ws *websocket.Conn, below net.Conn) *Conn {
	ws.SetReadLimit(-1)
	return &Conn{Conn: below, ws: ws}
}

// NetConn is the connection below.
func (c *Conn) NetConn() net.Conn { return c.Conn }

// Read gives the next bytes. The error is io.EOF after a close of the peer, in
// whatever words.
func (c *Conn) Read(b []byte) (n int, err error) {
	for n == 0 && err == nil && len(b) > 0 {
		if c.message == nil {
			var kind websocket.MessageType
			if kind, c.message, err = c.ws.Reader(context.Background()); err != nil {
				return 0, ended(err)
			}
			if kind != websocket.MessageBinary {
				_ = c.finish(websocket.StatusUnsupportedData, "binary messages only")
				return 0, ErrText
			}
		}
		if n, err = c.message.Read(b); errors.Is(err, io.EOF) {
			c.message, err = nil, nil
		}
	}
	return n, ended(err)
}

// ended is err, and io.EOF for an end in order.
func ended(err error) error {
	switch code := websocket.CloseStatus(err); {
	case code == websocket.StatusNormalClosure, code == websocket.StatusGoingAway,
		code == websocket.StatusNoStatusRcvd, errors.Is(err, io.EOF):
		return io.EOF
	default:
		return err
	}
}

// Write sends b as one message.
func (c *Conn) Write(b []byte) (int, error) {
	if err := c.ws.Write(context.Background(), websocket.MessageBinary, b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Finish says goodbye and closes when the peer has done so too, after a second
// at the latest. What it still sends is dropped, unless somebody reads. Nothing
// can be written any more.
func (c *Conn) Finish() error { return c.finish(websocket.StatusNormalClosure, "") }

func (c *Conn) finish(code websocket.StatusCode, why string) error {
	late := time.AfterFunc(closeGrace, func() { _ = c.Conn.Close() })
	defer late.Stop()
	return c.ws.Close(code, why)
}

// CloseWrite has a goroutine Finish.
func (c *Conn) CloseWrite() error {
	go func() { _ = c.Finish() }()
	return nil
}

// Close closes without a word. A read that is under way ends.
func (c *Conn) Close() error {
	err := c.Conn.Close()
	_ = c.ws.CloseNow() // frees what it has
	return err
}
