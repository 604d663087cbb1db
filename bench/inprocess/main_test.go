package main

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"go.uber.org/goleak"

	"github.com/busrt-go/busrt/bench"
)

// Every stage runs between in-process clients, whose broker is gone afterwards.
func TestRun(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	var out bytes.Buffer
	if err := run(t.Context(), []string{"--duration", "50ms"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	lines := json.NewDecoder(&out)
	for _, s := range bench.InProcess() {
		var l line
		if err := lines.Decode(&l); err != nil {
			t.Fatalf("%s: %v", s.Name, err)
		}
		if l.Stage != s.Name || l.Operations == 0 || l.Seconds < 0.05 || l.Rate <= 0 {
			t.Errorf("%s: %+v", s.Name, l)
		}
		waits := s.Name == "ping-pong" || s.Name == "rpc-call"
		if waits != (l.P50 > 0) || l.P50 > l.P99 {
			t.Errorf("%s: p50 %d ns, p99 %d ns", s.Name, l.P50, l.P99)
		}
	}
	if lines.More() {
		t.Error("more lines than stages")
	}
}

// A queue of a few frames holds senders up, and nothing is lost.
func TestSmallQueue(t *testing.T) {
	var out bytes.Buffer
	args := []string{"--stage", "four-to-one.batch", "--stage", "one-to-one.iterator", "--duration", "50ms", "--queue-size", "16"}
	if err := run(t.Context(), args, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(out.Bytes(), []byte("\n")); n != 2 {
		t.Errorf("%d lines:\n%s", n, &out)
	}
}

func TestBadArguments(t *testing.T) {
	for _, args := range [][]string{
		{"--stage", "pair"},
		{"--duration", "0s"},
		{"--duration", "long"},
		{"--payload-size", "7"},
		{"--queue-size", "-1"},
		{"one-to-one.batch"},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q went well", args)
		}
	}
}
