package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// Idler is a client that does nothing.
type Idler interface {
	Ping(ctx context.Context) error
	Close() error
}

// Registrar connects a client that is to do nothing. Any goroutine may call it.
type Registrar func(ctx context.Context, name string) (Idler, error)

// errNoted ends a dial whose network is all that was wanted.
var errNoted = errors.New("noted")

// Light is a [Registrar] to a broker's address whose clients are a socket and
// nothing else: no goroutine, no buffer. What the broker sends is not read. With
// it the load generator does little beside what it measures: a client of package
// client takes some 40 KiB. It is nil if the address is that of neither a unix
// socket nor TCP, or is none.
func Light(address string, timeout time.Duration) Registrar {
	return plainly(address, timeout, func(conn net.Conn) Idler { return light{conn} })
}

// plainly dials and registers, and has something made of the connection. It is nil
// if the address is that of neither a unix socket nor TCP, or is none.
func plainly[C any](address string, timeout time.Duration, of func(net.Conn) C) func(ctx context.Context, name string) (C, error) {
	if scheme, _, ok := strings.Cut(address, "://"); ok && scheme != "tcp" {
		return nil
	}
	var network, target string
	_, err := client.Dial(context.Background(), address, client.Options{
		Name: "light",
		Dialer: func(_ context.Context, n, a string) (net.Conn, error) { // package client knows what addresses look like
			network, target = n, a
			return nil, errNoted
		},
	})
	if !errors.Is(err, errNoted) {
		return nil
	}
	dialer := net.Dialer{Timeout: timeout}
	return func(ctx context.Context, name string) (C, error) {
		var none C
		conn, err := dialer.DialContext(ctx, network, target)
		if err != nil {
			return none, fmt.Errorf("busrt: %w", err)
		}
		if err := hello(conn, name, time.Now().Add(timeout)); err != nil {
			_ = conn.Close()
			return none, fmt.Errorf("busrt: registering %s: %w", name, err)
		}
		return of(conn), nil
	}
}

// hello says all that the handshake wants in one piece [BUSRT-H4].
func hello(conn net.Conn, name string, deadline time.Time) error {
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	if _, err := conn.Write(codec.AppendHello(codec.Greeting[:], name)); err != nil {
		return err
	}
	var answer [5]byte // greeting, a code, another
	if _, err := io.ReadFull(conn, answer[:4]); err != nil {
		return err
	}
	if code := codec.Status(answer[3]); code != codec.OK {
		return code
	}
	if _, err := io.ReadFull(conn, answer[4:]); err != nil {
		return err
	}
	if code := codec.Status(answer[4]); code != codec.OK {
		return code
	}
	return conn.SetDeadline(time.Time{})
}

var ping = codec.AppendPing(nil)

type light struct{ conn net.Conn }

// Ping does not wait: what it writes is small.
func (l light) Ping(context.Context) error {
	_, err := l.conn.Write(ping)
	return err
}

func (l light) Close() error { return l.conn.Close() }
