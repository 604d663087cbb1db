package main

import (
	"context"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// Both signals end the server in order [BUSRT-A2]: clients get the notice, then
// the end; all files go; exit code 0. Under either name.
func TestSignalEndsInOrder(t *testing.T) {
	tests := []struct {
		sig  syscall.Signal
		argv []string
		says bool
	}{
		{syscall.SIGTERM, []string{"busrt", "server"}, true},
		{syscall.SIGTERM, []string{"busrtd"}, true},
		{syscall.SIGINT, []string{"busrt", "server"}, false},
	}
	for _, tt := range tests {
		p := serving(t, append(tt.argv, "-B", "b.sock", "-B", "127.0.0.1:0", "-B", "fifo:in", "-P", "pid")...)
		c := join(t, "unix", filepath.Join(p.dir, "b.sock"), "x")
		p.signal(tt.sig)
		d := c.next()
		var notice codec.BrokerAnnouncement
		if _, err := notice.UnmarshalMsg(d.Payload); err != nil || string(d.Topic) != ".broker/warn" || string(d.Sender) != ".broker" {
			t.Errorf("%v: instead of the notice: %+v (%v)", tt.sig, d, err)
		}
		c.wantEnd()
		p.wantExit(exitDone)
		p.wantEmpty()
		if got := p.logged("INF (terminating)$") != ""; got != tt.says {
			t.Errorf("%v: said so: %t, want %t", tt.sig, got, tt.says)
		}
	}
}

// deaf registers a client that takes nothing, with more queued for it than its
// socket holds.
func deaf(t *testing.T, p *process) *peer {
	t.Helper()
	sock := filepath.Join(p.dir, "b.sock")
	c := join(t, "unix", sock, "deaf")
	join(t, "unix", sock, "sender").deliver("deaf", make([]byte, 12<<20))
	return c
}

func TestSecondSignalDoesNotWait(t *testing.T) {
	tests := []struct {
		second syscall.Signal
		code   int
		says   string
	}{
		{syscall.SIGINT, 130, "busrt: ended by signal: interrupt"},
		{syscall.SIGTERM, 143, "busrt: ended by signal: terminated"},
	}
	for _, tt := range tests {
		p := serving(t, "busrt", "server", "-B", "b.sock", "-B", "fifo:in", "-P", "pid", "-t", "300")
		deaf(t, p)
		p.signal(syscall.SIGTERM)
		p.waitLog("INF terminating$")
		p.signal(tt.second)
		p.wantExit(tt.code)
		p.wantEmpty()
		if got := p.seen[len(p.seen)-1]; got != tt.says {
			t.Errorf("the last line is %q, want %q", got, tt.says)
		}
	}
}

// A client that takes what it gets, but not fast enough, gets the timeout.
func TestDrainIsBounded(t *testing.T) {
	p := serving(t, "busrt", "server", "-B", "b.sock", "-t", "1")
	c := deaf(t, p)
	go func() {
		pace := time.NewTicker(20 * time.Millisecond)
		defer pace.Stop()
		b := make([]byte, 64<<10)
		for range pace.C {
			if _, err := c.conn.Read(b); err != nil {
				return
			}
		}
	}()
	p.signal(syscall.SIGTERM)
	p.wantExit(exitDone)
	p.wantEmpty()
	if p.logged("WRN (clients) did not take all that was queued for them") == "" {
		t.Error("no word about it in the log")
	}
}

// A program that hangs can be ended: the third signal does what it does by
// default.
func TestThirdSignalKills(t *testing.T) {
	p := launch(t, t.TempDir(), nil, "stuck")
	p.waitLog("^ready$")
	p.signal(syscall.SIGTERM)
	p.waitLog("^stop$")
	p.signal(syscall.SIGINT)
	p.waitLog("^abort$")
	p.signal(syscall.SIGTERM)
	if code, sig := p.wait(); sig != syscall.SIGTERM {
		t.Errorf("exit code %d, signal %d", code, int(sig))
	}
}

func TestWatchSignalsWithoutSignals(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stop, abort, release := watchSignals(ctx)
	if stop.Err() != nil || abort.Err() != nil {
		t.Fatalf("at the start: stop %v, abort %v", stop.Err(), abort.Err())
	}
	cancel()
	<-stop.Done()
	if abort.Err() != nil {
		t.Errorf("the end of the caller's context aborts: %v", abort.Err())
	}
	release()
	<-abort.Done()
}
