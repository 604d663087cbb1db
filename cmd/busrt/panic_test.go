package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/busrt-go/busrt/codec"
)

// brittleLog panics where a malformed frame is logged: in the middle of an event,
// on the loop.
type brittleLog struct{ slog.Handler }

func (brittleLog) Enabled(context.Context, slog.Level) bool { return true }

func (h brittleLog) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == "malformed frame" {
		panic("a test")
	}
	return h.Handler.Handle(ctx, r)
}

// A panic in an event ends the connection it was about and no other; too many in
// a minute end the server with the code for a bug.
func TestPanics(t *testing.T) {
	t.Setenv("GOMAXPROCS", "2") // the server leaves it alone then
	sock := filepath.Join(t.TempDir(), "b.sock")
	var said bytes.Buffer
	log := slog.New(brittleLog{slog.NewTextHandler(&said, nil)})
	o := newServerOptions()
	fs := pflag.NewFlagSet("server", pflag.ContinueOnError)
	o.define(fs)
	if err := fs.Parse([]string{"-B", sock, "-t", "20"}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	s := &service{options: o, loader: o.loader(fs, nil), stderr: io.Discard, log: log}
	if err := s.configure(false); err != nil {
		t.Fatal(err)
	}
	go func() { ended <- s.serve(t.Context()) }()
	for deadline := time.Now().Add(patience); ; {
		c, err := net.Dial("unix", sock)
		if err == nil {
			_ = c.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
	bystander := join(t, "unix", sock, "bystander")
	malformed := func() error {
		c, err := net.Dial("unix", sock)
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(time.Now().Add(patience))
		_, _ = c.Write(append(codec.AppendHello(codec.Greeting[:], "brittle"), 0, 0, 0, 0, 0x3F, 0, 0, 0, 0))
		for b := make([]byte, 64); err == nil; {
			_, err = c.Read(b)
		}
		return nil
	}
	if err := malformed(); err != nil {
		t.Fatal(err)
	}
	bystander.wantService()
	for deadline := time.Now().Add(patience); ; {
		select {
		case err := <-ended:
			if code := exit(stdio{err: &said}, err); code != exitBug {
				t.Errorf("exit %d (%v), want %d", code, err, exitBug)
			}
			return
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("the server goes on")
		}
		_ = malformed() // until it is gone
	}
}
