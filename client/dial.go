package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// Dial connects to the broker at address and registers under o.Name. An address
// is a path of a unix socket (a leading /, or a suffix .sock, .socket, .ipc, or
// unix: in front), host:port, tls://host:port, or a URL of WebSocket, ws://host or
// wss://host, with a port and a path if need be (docs/protocol.md, section 13).
// ctx and o.Timeout bound the connecting, not the connection. A refusal is a
// [RefusedError]. With [Reconnect.RetryFirst] it tries until there is a
// connection, as long as ctx lasts and o allows.
func Dial(ctx context.Context, address string, o Options) (*Client, error) {
	o = o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	p, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	conn, err := connectFirst(ctx, p, o)
	if err != nil {
		return nil, err
	}
	return start(conn, p, o), nil
}

// connect makes one attempt.
func connect(ctx context.Context, p place, o Options) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	conn, err := p.connect(ctx, o)
	if err != nil {
		return nil, connecting(ctx, p.address, err)
	}
	if err := register(ctx, conn, p.address, o.Name); err != nil {
		_ = conn.Close()
		return nil, connecting(ctx, p.address, err)
	}
	return conn, nil
}

// connect gives the stream that frames travel by.
func (p place) connect(ctx context.Context, o Options) (net.Conn, error) {
	network := "tcp"
	if p.transport == transportUnix {
		network = "unix"
	}
	below, err := o.Dialer(ctx, network, p.at)
	if err != nil {
		return nil, err
	}
	conn := below
	switch p.transport {
	case transportTLS:
		conn, err = secure(ctx, conn, p.at, o)
	case transportWSS:
		conn, err = secure(ctx, conn, p.at, o, "http/1.1")
	case transportUnix, transportTCP, transportWS:
	}
	if err == nil && (p.transport == transportWS || p.transport == transportWSS) {
		conn, err = upgrade(ctx, conn, p, o)
	}
	if err != nil {
		_ = below.Close()
		return nil, err
	}
	return conn, nil
}

// connecting adds to an error what failed, and prefers the reason of a context
// that ended to what that did to the socket.
func connecting(ctx context.Context, address string, err error) error {
	var refused *RefusedError
	var failed *net.OpError
	switch {
	case errors.As(err, &refused):
		return err
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.As(err, &failed) && err.Error() == failed.Error() &&
		failed.Addr != nil && strings.HasSuffix(address, failed.Addr.String()):
		err = unnamed{failed}
	}
	return fmt.Errorf("busrt: connecting to %s: %w", address, err)
}

// unnamed is the error of a dialer without the address, which is said already.
type unnamed struct{ failed *net.OpError }

func (e unnamed) Error() string { return e.failed.Err.Error() }
func (e unnamed) Unwrap() error { return e.failed }

// register shakes hands, for no longer than ctx lasts.
func register(ctx context.Context, conn net.Conn, address, name string) error {
	expire := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err := handshake(conn, address, name)
	if !expire() { // it has expired, or is about to
		return ctx.Err()
	}
	return err
}

// handshake is section 2 of the protocol, from the client's side.
func handshake(conn net.Conn, address, name string) error {
	var b [3]byte
	if _, err := io.ReadFull(conn, b[:]); err != nil {
		return disconnected(err)
	}
	if code := codec.CheckGreeting(b[:]); code != codec.OK { // [BUSRT-H1]
		return fmt.Errorf("not a broker of protocol version 1: %w", code)
	}
	for _, say := range [][]byte{codec.Greeting[:], codec.AppendHello(nil, name)} { // [BUSRT-H2] [BUSRT-H4]
		if _, err := conn.Write(say); err != nil {
			return disconnected(err)
		}
		if _, err := io.ReadFull(conn, b[:1]); err != nil {
			return disconnected(err)
		}
		if code := codec.Status(b[0]); code != codec.OK {
			return &RefusedError{Address: address, Name: name, Code: code}
		}
	}
	return nil
}

// disconnected is the error of a connection that ended in the handshake.
func disconnected(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF // the steps of the handshake are no frames
	}
	return &DisconnectedError{Cause: err}
}
