package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// headers is clients that announce frames of 4 GiB and send none of them, to a
// broker that would take them [BUSRT-F8]: they cost next to nothing and are gone
// by the deadline [BUSRT-T2].
type headers struct {
	clients int
	timeout time.Duration
}

const headerMemory = 64 << 10 // bytes, each

func (t headers) run(ctx context.Context, dir string) (string, error) {
	b, err := server{Dir: dir, Timeout: t.timeout, MaxFrame: min(math.MaxUint32, math.MaxInt/2)}.start(ctx)
	if err != nil {
		return "", err
	}
	header := []byte{1, 0, 0, 0, byte(codec.OpMessage)}
	header = binary.LittleEndian.AppendUint32(header, math.MaxUint32)
	before, err := b.resident()
	if err != nil {
		return "", err
	}
	conns := make([]net.Conn, t.clients)
	var last time.Time // when the last header was sent
	for i := range conns {
		if conns[i], err = dialRaw(b.at[i%2]); err != nil {
			return "", err
		}
		defer closing(conns[i])
		if err := register(conns[i], fmt.Sprintf("header.%d", i)); err != nil {
			return "", err
		}
		last = time.Now()
		if _, err := conns[i].Write(header); err != nil {
			return "", err
		}
	}
	if _, err := b.look(); err != nil {
		return "", err
	}
	peak, err := b.resident()
	if err != nil {
		return "", err
	}
	open := 0
	deadline := last.Add(t.timeout + time.Second)
	for _, c := range conns {
		_ = c.SetReadDeadline(deadline)
		if _, err := io.Copy(io.Discard, c); isTimeout(err) {
			open++
		}
	}
	each := (peak - before) / int64(t.clients)
	figures := fmt.Sprintf("%d headers of 4 GiB: %.1f KiB each; %d still there a second after the timeout of %v",
		t.clients, float64(each)/1024, open, t.timeout)
	switch err = b.stop(); {
	case err != nil:
	case each >= headerMemory:
		err = fmt.Errorf("a header costs %d KiB", each>>10)
	case open > 0:
		err = fmt.Errorf("%d were not closed by the deadline", open)
	}
	return figures, err
}

func isTimeout(err error) bool {
	t, ok := err.(net.Error) //nolint:errorlint // io.Copy gives the connection's own error
	return ok && t.Timeout()
}
