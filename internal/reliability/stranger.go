package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/wiretest"
)

// dialRaw connects without a word.
func dialRaw(at string) (net.Conn, error) {
	network := "tcp"
	if strings.HasPrefix(at, "/") {
		network = "unix"
	}
	return net.Dial(network, at)
}

var errHandshake = errors.New("the handshake failed")

// register shakes hands, by a raw connection.
func register(conn net.Conn, name string) error {
	if _, err := conn.Write(codec.AppendHello(slices.Clone(codec.Greeting[:]), name)); err != nil {
		return err
	}
	var b [5]byte
	if _, err := io.ReadFull(conn, b[:]); err != nil {
		return err
	}
	if b != [5]byte{codec.Greeting[0], codec.Greeting[1], codec.Greeting[2], byte(codec.OK), byte(codec.OK)} {
		return errHandshake
	}
	return nil
}

// say connects, sends the bytes and leaves; cut: without looking whether
// anything comes, else when the broker has nothing more to say.
func say(at string, wire []byte, cut bool) error {
	conn, err := dialRaw(at)
	if err != nil {
		return err
	}
	defer closing(conn)
	_, _ = conn.Write(wire) // the broker may have closed already, and be right
	if half, ok := conn.(interface{ CloseWrite() error }); ok && !cut {
		_ = half.CloseWrite()
		_, _ = io.Copy(io.Discard, conn)
	}
	return nil
}

// closing closes what has served its purpose.
func closing(c io.Closer) { _ = c.Close() }

// honest is what a client says that leaves at once.
func honest(n int) []byte {
	b := codec.AppendHello(slices.Clone(codec.Greeting[:]), fmt.Sprintf("honest.%d", n))
	b = codec.AppendTopics(b, 1, codec.OpSubscribe, codec.QoSProcessed, "a/+", "b/#")
	b = codec.AppendFrame(b, 2, codec.OpPublish, codec.QoSProcessed, "a/b", []byte("hi"))
	return codec.AppendFrame(b, 3, codec.OpMessage, codec.QoSProcessed, "nobody", []byte("hi"))
}

// malformed is what a stranger says: frames in order or not, with some bytes
// changed, or ended anywhere.
func malformed(r *rand.Rand) []byte {
	b := codec.AppendHello(slices.Clone(codec.Greeting[:]), fmt.Sprintf("stranger.%d", r.Uint32()))
	for range r.IntN(4) {
		b = append(b, wiretest.Frames[r.IntN(len(wiretest.Frames))].Wire...)
	}
	switch r.IntN(3) {
	case 0:
		for range 1 + r.IntN(8) {
			b[r.IntN(len(b))] = byte(r.Uint32())
		}
	case 1:
		for range r.IntN(64) {
			b = append(b, byte(r.Uint32()))
		}
	}
	return b[:r.IntN(len(b)+1)]
}

// crowd has n strangers come at a rate, 0 as fast as they can, and gives the
// rate that it was.
func crowd(ctx context.Context, n int, rate float64, one func(i int) error) (float64, error) {
	const workers = 8
	var next atomic.Int64
	var all faults
	var group sync.WaitGroup
	begun := time.Now()
	for range workers {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if rate > 0 {
					rest(ctx, time.Until(begun.Add(time.Duration(float64(i)/rate*float64(time.Second)))))
				}
				all.add(one(i))
			}
		})
	}
	group.Wait()
	return float64(n) / time.Since(begun).Seconds(), all.err()
}
