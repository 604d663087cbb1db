package engine

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"

	"github.com/busrt-go/busrt/ringbuf"
)

// shutdown shuts the broker down and turns its loops until it says so.
func (b *bus) shutdown(ctx context.Context) error {
	b.Helper()
	done := make(chan error, 1)
	go func() {
		done <- b.broker.Shutdown(ctx)
		b.woken.set()
	}()
	var err error
	b.await("the shutdown", func() bool {
		select {
		case err = <-done:
			return true
		default:
			return false
		}
	})
	return err
}

// Everybody is told, gets what is queued, and is closed; then Shutdown returns
// [BUSRT-A2] [BUSRT-B7].
func TestShutdown(t *testing.T) {
	for _, clients := range []int{0, 1, 3, 4, 200} { // groups, parked ones
		b := newBus(t, 2, Options{})
		all := b.crowd(clients)
		for _, c := range all {
			c.got()
			c.fits(0)
		}
		if clients > 0 {
			all[0].send(broadcast(0, "*", "last words"))
			b.run()
		}
		for _, c := range all {
			c.gulp = 7
			c.fits(socketBuffer)
		}
		if err := b.shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
		for _, c := range all {
			c.expect("broadcast c.0: last words", shutdownNotice)
			c.expectEnd(false)
		}
		if err := b.shutdown(t.Context()); err != nil {
			t.Errorf("the second Shutdown = %v", err)
		}
	}
}

// Connections in their handshake are closed as well, and no name is left.
func TestShutdownInHandshake(t *testing.T) {
	b := newBus(t, 1, Options{})
	stream := hello("alice")
	for cut := range stream {
		c := b.open(0, local(1))
		c.send(stream[:cut])
	}
	b.run()
	if err := b.shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown = %v", err)
	}
	for _, w := range b.loops[0].wires {
		if !w.closed {
			t.Error("still connected")
		}
	}
}

// Paused clients end too; what they had sent and was not read is dropped.
func TestShutdownWhilePaused(t *testing.T) {
	b := newBus(t, 2, Options{QueueFrames: 4})
	slow, _ := b.slowOne(false)
	alice := b.connect("alice")
	for range 10 {
		alice.send(message(0, "slow", "x"))
	}
	b.run()
	alice.mustBePaused(true)
	slow.gulp = 3
	alice.beforeWrite = func() { slow.fits(socketBuffer) } // with the notice
	if err := b.shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown = %v", err)
	}
	slow.expect(append(slices.Repeat([]string{"message alice: x"}, 3), shutdownNotice)...)
	alice.expect(shutdownNotice)
}

// Whoever takes nothing is left when the context ends, and goes with its loop.
func TestShutdownRunsOutOfTime(t *testing.T) {
	b := newBus(t, 2, Options{})
	quick := b.connect("quick")
	slow := b.connectOn(1, "slow")
	slow.fits(2)
	quick.send(message(1, "slow", "x"))
	quick.expect("ack 1 ok")
	ctx, cancel := context.WithCancel(t.Context())
	quick.beforeWrite = cancel // the notice is on its way
	if err := b.shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown = %v", err)
	}
	b.run()
	quick.expect(shutdownNotice)
	quick.expectEnd(false)
	if slow.closed {
		t.Fatal("closed although frames are queued")
	}
	b.loops[1].shard.Close()
	slow.expectEnd(true)
}

// Shutting down concurrently is one shutdown: one notice.
func TestShutdownTwiceAtOnce(t *testing.T) {
	b := newBus(t, 2, Options{})
	all := b.crowd(6)
	for _, c := range all {
		c.got()
	}
	errs := make(chan error, 3)
	for range cap(errs) {
		go func() {
			errs <- b.broker.Shutdown(t.Context())
			b.woken.set()
		}()
	}
	b.await("all of them", func() bool { return len(errs) == cap(errs) })
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Errorf("Shutdown = %v", err)
		}
	}
	for _, c := range all {
		c.expect(shutdownNotice)
	}
}

// The names that go with a shutdown are announced to those who are still there.
func TestShutdownAnnouncesNames(t *testing.T) {
	b := newBus(t, 2, Options{})
	b.connect("alice")
	watcher := b.connectOn(1, "watcher")
	watcher.subscribe(topicInfo)
	if err := b.shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown = %v", err)
	}
	got := watcher.got()
	if len(got) == 0 || got[0] != shutdownNotice {
		t.Fatalf("received %q", got)
	}
	for _, s := range got[1:] {
		if s != info("unreg", "alice") {
			t.Errorf("received %q", s)
		}
	}
}

// A loop that ends while another one writes to its clients closes them as soon
// as that is over.
func TestShardClosesWhileOthersWrite(t *testing.T) {
	b := newBus(t, 2, Options{})
	c := b.connectOn(1, "bob")
	ring := &c.session.out.ring
	if !ring.Acquire() {
		t.Fatal("no token")
	}
	done := make(chan struct{})
	go func() {
		b.loops[1].shard.Close()
		close(done)
	}()
	for b.broker.ended[reasonAborted].Load() == 0 {
		runtime.Gosched()
	}
	for range 1000 { // until the owner asks for the token
		runtime.Gosched()
	}
	if ring.Yield(false) == ringbuf.Wake {
		c.session.post(wishDrain)
	}
	<-done // after this nobody attends to the loop's sessions
	if !c.closed || !c.reset {
		t.Errorf("closed %t, with a reset %t", c.closed, c.reset)
	}
}
