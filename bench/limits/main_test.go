//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

// TestMain is also the program that the works start once more.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == serveCommand || os.Args[1] == forwardCommand) {
		main()
		return
	}
	// Under -race a program waits for a second before it exits.
	if err := os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// Every work runs, and prints a line for each round whose figures fit together.
func TestRun(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	var out bytes.Buffer
	args := []string{"-rounds", "2", "-duration", "50ms", "-connections", "3"}
	if err := run(t.Context(), args, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	request, answer := call(100)
	sizes := map[string]int{
		"echo": len(answer), "relay.100": 100, "relay.64k": 64 << 10, "relay.1m": 1 << 20,
		"splice.64k": 64 << 10, "splice.1m": 1 << 20,
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")[2:]
	if len(lines) != 2*len(works) {
		t.Fatalf("%d lines:\n%s", len(lines), &out)
	}
	for i, line := range lines {
		name := works[i/2].name
		var rate, megabytes, each float64
		if _, err := fmt.Sscanf(line, "| "+name+" | %f | %f | %f |", &rate, &megabytes, &each); err != nil {
			t.Errorf("%q: %v", line, err)
			continue
		}
		want := rate * float64(sizes[name]) / 1e6
		rounded := 0.5*float64(sizes[name])/1e6 + 0.1 // as the rate was
		if rate <= 0 || each <= 0 || math.Abs(megabytes-want) > rounded {
			t.Errorf("%q: want some %.1f MB/s", line, want)
		}
	}
	if len(request) != 9+8+5+15+100 || len(answer) != 6+6+8+5+100 {
		t.Errorf("a call of %d bytes, an answer of %d", len(request), len(answer))
	}
}

// A relay delivers what was sent, to the byte, however the buffer cuts it.
func TestRelayCounts(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	for _, how := range []string{"1000", "65536", spliceHow} {
		r, err := relay(t.Context(), 20*time.Millisecond, 700, how)
		if err != nil || r.operations == 0 || r.bytes != r.operations*700 {
			t.Errorf("%s: %+v, %v", how, r, err)
		}
	}
}

// The end of the context ends a run, and whatever it has started.
func TestInterrupted(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	for _, w := range works {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		start := time.Now()
		err := run(ctx, []string{"-duration", "1m", w.name}, io.Discard, io.Discard)
		if err == nil || time.Since(start) > 20*time.Second {
			t.Errorf("%s: %v after %v", w.name, err, time.Since(start))
		}
		cancel()
	}
}

// To this project's client the server is a broker with one method [BUSRT-H1]
// [BUSRT-H5] [BUSRT-C5].
func TestServe(t *testing.T) {
	path := serving(t)
	c, err := client.Dial(t.Context(), path, client.Options{Name: "caller"})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := rpc.New(c, nil, rpc.Options{Realtime: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, 100, readBuffer - 1, readBuffer + 1} {
		payload := bytes.Repeat([]byte{'x'}, size)
		got, err := conn.Call(t.Context(), brokerName, echoMethod, payload)
		if err != nil || !bytes.Equal(got, payload) {
			t.Errorf("%d bytes: %d, %v", size, len(got), err)
		}
	}
	if err := c.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	var failed *rpc.Error
	if _, err := conn.Call(t.Context(), brokerName, "stats", nil); !errors.As(err, &failed) || failed.Code != codec.RPCMethodNotFound {
		t.Errorf("another method: %v", err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}

// Bytes may come one by one, or all at once.
func TestServePieces(t *testing.T) {
	path := serving(t)
	request, answer := call(10)
	for _, piece := range []int{1, 7, 1000} {
		c, err := connect(t.Context(), path, "pieces")
		if err != nil {
			t.Fatal(err)
		}
		in := bytes.Repeat(request, 3)
		for len(in) > 0 {
			n := min(piece, len(in))
			if _, err := c.Write(in[:n]); err != nil {
				t.Fatal(err)
			}
			in = in[n:]
		}
		got := make([]byte, 3*len(answer))
		if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, bytes.Repeat(answer, 3)) {
			t.Errorf("%d at once: %x, %v", piece, got, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Whoever does not greet is shown the door [BUSRT-H2].
func TestServeStranger(t *testing.T) {
	c, err := net.Dial("unix", serving(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Write([]byte("GET /")); err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(c); len(got) != 3 {
		t.Errorf("answered %x", got)
	}
}

// serving runs a server until the test ends, and gives its path.
func serving(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "echo.sock")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{serveCommand, path}, io.Discard, io.Discard) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("the socket was left behind")
		}
	})
	c, err := connect(t.Context(), path, "first") // once it listens
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBadArguments(t *testing.T) {
	for _, args := range [][]string{
		{"none"},
		{"-rounds", "0"},
		{"-duration", "0s"},
		{"-connections", "0"},
		{"-payload-size", "-1"},
		{"-buffer", "0"},
		{serveCommand, "/nowhere/at/all"},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q went well", args)
		}
	}
}
