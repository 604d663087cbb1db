package listeners

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// A thousand brokers are started and shut down in one process, with clients
// inside and out, while others dial: no goroutine, descriptor or socket file is
// left.
func TestThousandBrokers(t *testing.T) {
	dir := t.TempDir()
	leftovers(t, dir)
	var target atomic.Pointer[string]
	var dialled, over atomic.Int64
	var dialers sync.WaitGroup
	for range 2 {
		dialers.Go(func() {
			for over.Load() == 0 {
				path := target.Load()
				if path == nil {
					continue
				}
				c, err := net.Dial("unix", *path)
				if err != nil {
					continue // between two brokers
				}
				_ = c.SetDeadline(time.Now().Add(patience))
				_, _ = c.Write(codec.AppendHello(codec.Greeting[:], fmt.Sprint("c", dialled.Add(1))))
				_, _ = c.Read(make([]byte, 16))
				_ = c.Close()
			}
		})
	}
	for i := range 1000 {
		path := filepath.Join(dir, fmt.Sprint(i, ".sock"))
		oneBroker(t, path, func() { target.Store(&path) })
	}
	over.Store(1)
	dialers.Wait()
	if dialled.Load() < 100 {
		t.Errorf("%d connections were made", dialled.Load())
	}
}

// oneBroker is a broker's life, with two clients that talk.
func oneBroker(t *testing.T, path string, listening func()) {
	t.Helper()
	b, err := engine.New(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b.InitCoreRPC()
	g, err := New(b, Options{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Listen(t.Context(), path, ListenOptions{}); err != nil {
		t.Fatal(err)
	}
	listening()
	inside, err := b.Register(t.Context(), "inside", engine.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, &net.UnixAddr{Name: path, Net: "unix"}, "outside")
	if err := inside.Send(t.Context(), "outside", []byte("hi"), codec.QoSProcessed); err != nil {
		t.Error(err)
	}
	c.got(codec.KindMessage, "inside", "", "hi")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := g.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	_ = inside.Close()
	_ = c.Close()
}
