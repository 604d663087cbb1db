package engine

import (
	"errors"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

// A client is ended by force [BUSRT-S4]: its name is free at once, what is
// queued for it is written [BUSRT-B7], what it sends is not looked at, its
// secondaries go along [BUSRT-O14].
func TestForceDisconnect(t *testing.T) {
	b := newBus(t, 2, Options{})
	free := b.connect("free")
	free.subscribe("#")
	c, second := b.connectOn(1, "test"), b.connectOn(1, "test%%1")
	free.expect(info("reg", "test"))
	c.fits(3)
	free.send(message(0, "test", "queued"))
	b.run()
	for name, want := range map[string]error{"nobody": codec.NotRegistered, coreName: codec.NotSupported, "test": nil} {
		if err := b.broker.ForceDisconnect(name); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	if err := b.broker.ForceDisconnect("test"); !errors.Is(err, codec.NotRegistered) {
		t.Errorf("a second time: %v", err)
	}
	c.send(message(0, "free", "unheard"))
	free.expect(info("unreg", "test"))
	second.expectEnd(false)
	next := b.connect("test")
	if c.closed {
		t.Fatal("closed with a frame queued")
	}
	c.fits(socketBuffer)
	c.expect("message free: queued")
	c.expectEnd(false)
	next.expect()
	free.expect(info("reg", "test"))
	if n := b.broker.ended[reasonForced].Load(); n != 1 {
		t.Errorf("%d ended by force", n)
	}

	third := b.connect("test%%1") // a secondary alone, without a word
	if err := b.broker.ForceDisconnect("test%%1"); err != nil {
		t.Error(err)
	}
	third.expectEnd(false)
	next.send(message(1, "test", "still here"))
	next.expect("message test: still here", "ack 1 ok")
	free.expect()
}

// In-process clients are not ended by force [BUSRT-S4], and no map concerns
// them, as senders; as receivers they are like any other.
func TestForceAndAccessInProcess(t *testing.T) {
	b := newBus(t, 1, Options{})
	inside := mustRegister(t, b.broker, "inside")
	if err := b.broker.ForceDisconnect("inside"); !errors.Is(err, codec.NotSupported) {
		t.Errorf("%v, want %v", err, codec.NotSupported)
	}
	c := b.connectBy(guard(b, "test", FullAccess().MessageTo("test").SubscribeTo("a")), "test")
	c.subscribe("a")
	c.send(message(1, "inside", "denied"))
	c.expect("ack 1 access denied")
	b.apply()
	if err := inside.Send(t.Context(), "test", []byte("hi"), codec.QoSProcessed); err != nil {
		t.Error(err)
	}
	if err := inside.Publish(t.Context(), "a", []byte("ho"), codec.QoSProcessed); err != nil {
		t.Error(err)
	}
	c.expect("message inside: hi", "publish inside a: ho")
	c.leave()
	if err := inside.Close(); err != nil {
		t.Error(err)
	}
}
