package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// drip is handshakes at a byte a second: all are gone a second after the
// deadline [BUSRT-H8], and who connects honestly meanwhile does not notice.
type drip struct {
	handshakes, honest int
	timeout            time.Duration
	timed              bool // hold the honest to it
}

const honestConnect = 50 * time.Millisecond // p99

func (t drip) run(ctx context.Context, dir string) (string, error) {
	b, err := server{Dir: dir, Timeout: t.timeout}.start(ctx)
	if err != nil {
		return "", err
	}
	var (
		mu      sync.Mutex
		longest time.Duration
		all     faults
		group   sync.WaitGroup
	)
	for i := range t.handshakes {
		group.Go(func() {
			d, err := t.one(ctx, b.at[i%2])
			all.add(err)
			mu.Lock()
			defer mu.Unlock()
			longest = max(longest, d)
		})
	}
	var took durations
	for i := range t.honest {
		begun := time.Now()
		conn, err := dialRaw(b.at[i%2])
		if err == nil {
			err = register(conn, fmt.Sprintf("honest.%d", i))
			_ = conn.Close()
		}
		all.add(err)
		took = append(took, time.Since(begun))
		rest(ctx, time.Until(begun.Add(t.timeout*9/10/time.Duration(t.honest))))
	}
	group.Wait()
	all.add(b.stop())
	p99 := took.p99()
	if longest > t.timeout+time.Second {
		all.add(fmt.Errorf("a handshake lasted %v, a second after its deadline of %v it had to be gone", longest, t.timeout))
	}
	if t.timed && p99 >= honestConnect {
		all.add(fmt.Errorf("honest clients needed %v to connect", p99))
	}
	return fmt.Sprintf("%d handshakes, the longest %.2f s of %v; %d honest connects meanwhile, p99 %v",
		t.handshakes, longest.Seconds(), t.timeout, t.honest, p99), all.err()
}

// one shakes hands at a byte a second until the broker has enough of it.
func (t drip) one(ctx context.Context, at string) (time.Duration, error) {
	conn, err := dialRaw(at)
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	gone := make(chan time.Duration, 1)
	go func() {
		_, _ = io.Copy(io.Discard, conn)
		gone <- time.Since(begun)
	}()
	defer closing(conn)
	hello := codec.AppendHello(slices.Clone(codec.Greeting[:]), strings.Repeat("x", 200))
	for i := range hello {
		select {
		case d := <-gone:
			return d, nil
		case <-time.After(time.Second):
			_, _ = conn.Write(hello[i : i+1])
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	return 0, errors.New("a handshake at a byte a second came to its end")
}
