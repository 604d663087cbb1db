package bench_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/busrt-go/busrt/bench"
	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/internal/brokertest"
)

// Everybody who is to be there is there while a stage runs, and nobody
// afterwards: as the broker sees it.
func TestAround(t *testing.T) {
	tests := []struct {
		text string
		want map[string]int // names by their prefix
	}{
		{"rpc.call/names=50/workers=2", map[string]int{"load-other-": 50, "load-1": 1, "load-2": 1}},
		{"publish/receivers=7", map[string]int{"load-1-receiver-": 7, "load-": 8}},
		{"publish/subscriptions=20001", map[string]int{"load-subscriber-": 3, "load-": 5}},
		{"pair/workers=3", map[string]int{"load-": 6}},
		{"connect.keep/connections=40/workers=2", map[string]int{"load-1-": 20, "load-2-": 20, "load-": 40}},
	}
	for _, network := range brokertest.Networks {
		for _, tt := range tests {
			t.Run(network+"/"+tt.text, func(t *testing.T) {
				b := brokertest.Serve(t, network, engine.Options{Timeout: patience})
				c := cases(t, tt.text)[0]
				o := c.Options
				var seen []string
				o.Name, o.Duration = "load", 30*time.Millisecond
				o.Dial = bench.Sockets(b.Address, b.Trusted(client.Options{}))
				o.Register = bench.Light(b.Address, patience)
				o.Progress = func(bench.Progress) {
					seen = nil
					for _, one := range b.Clients() {
						seen = append(seen, one.Name)
					}
				}
				g, err := bench.New(o)
				if err != nil {
					t.Fatal(err)
				}
				defer g.Close()
				r, err := g.Run(t.Context(), c.Stage)
				if err != nil || r.Operations == 0 {
					t.Fatalf("%d operations: %v", r.Operations, err)
				}
				for prefix, want := range tt.want {
					got := 0
					for _, name := range seen {
						if strings.HasPrefix(name, prefix) {
							got++
						}
					}
					if got != want {
						t.Errorf("%d clients %s…, want %d: %q", got, prefix, want, seen)
					}
				}
			})
		}
	}
}

// A publish is counted at each of its receivers.
func TestFanOut(t *testing.T) {
	b := startBroker(t)
	c := cases(t, "publish/receivers=10/workers=2")[0]
	o := c.Options
	o.Operations = 2 * 5000
	g := b.open(o)
	if err := g.Connect(t.Context(), c.Stage); err != nil {
		t.Fatal(err)
	}
	before := b.received()
	r, err := g.Run(t.Context(), c.Stage)
	if err != nil || r.Operations != 10_000 {
		t.Errorf("%d deliveries: %v", r.Operations, err)
	}
	if got := b.received() - before; got != 2*(500+1) {
		t.Errorf("the broker took in %d frames, want %d", got, 2*(500+1))
	}
}

// One subscriber of ten that misses a frame fails the stage.
func TestFanOutLoss(t *testing.T) {
	b := startBroker(t)
	dials := 0
	c := cases(t, "publish/receivers=10")[0]
	o := c.Options
	o.Operations = 5000
	o.Dial = func(ctx context.Context, name string) (bench.Client, error) {
		dial, lost := b.dial, false
		if dials++; dials == 5 {
			dial = spied(b.dial, nil, func(frames []codec.Received) []codec.Received {
				if lost {
					return frames
				}
				lost = true
				return frames[1:]
			})
		}
		return dial(ctx, name)
	}
	r, err := b.open(o).Run(t.Context(), c.Stage)
	want := bench.LossError{Stage: "publish", Sent: 500, Received: 499}
	if loss, ok := errors.AsType[*bench.LossError](err); !ok || *loss != want || r.Operations != 4999 {
		t.Errorf("%d deliveries, error %v, want %v", r.Operations, err, &want)
	}
}

// A broker in this process is measured by the same stages.
func TestEmbedded(t *testing.T) {
	e, err := engine.New(engine.Options{StallTime: patience})
	if err != nil {
		t.Fatal(err)
	}
	e.InitCoreRPC()
	t.Cleanup(func() { _ = e.Shutdown(context.Background()) })
	for _, s := range append(bench.Stages(), bench.InProcess()...) {
		g, err := bench.New(bench.Options{
			Name: "load", PayloadSize: 100, Operations: 2000, Connections: 2000, Workers: 2, Receivers: 5, Names: 10,
			Dial: func(ctx context.Context, name string) (bench.Client, error) {
				c, err := e.Register(ctx, name, engine.ClientOptions{})
				if err != nil {
					return nil, err
				}
				return c, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		r, err := g.Run(t.Context(), s)
		g.Close()
		if err != nil || r.Operations != 2000 {
			t.Errorf("%s: %d operations: %v", s.Name, r.Operations, err)
		}
	}
}

// The process behind a socket is found, and its clock goes.
func TestProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("processes are looked at on Linux only")
	}
	b := startBroker(t)
	p, err := bench.Listening(t.Context(), b.path)
	if err != nil || p.PID() != os.Getpid() {
		t.Fatalf("%+v: %v", p, err)
	}
	for _, text := range []string{"rpc.call", "connect.keep/connections=300"} {
		c := cases(t, text)[0]
		c.Options.Broker, c.Options.Duration = p, 100*time.Millisecond
		c.Options.Register = bench.Light(b.path, patience)
		r, err := b.open(c.Options).Run(t.Context(), c.Stage)
		if err != nil {
			t.Fatal(err)
		}
		// Broker and generator are one process here: both clocks are its own.
		if d := r.BrokerCPU - r.OwnCPU; r.BrokerCPU <= 0 || d.Abs() > r.BrokerCPU/4+20*time.Millisecond || r.Resident < 1<<20 {
			t.Errorf("%s: %+v", text, r)
		}
		if r.Connection != 0 && text == "rpc.call" || r.Connection > 1<<20 {
			t.Errorf("%s: %g bytes a connection", text, r.Connection)
		}
	}
	if _, err := bench.Listening(t.Context(), filepath.Join(t.TempDir(), "none.sock")); err == nil {
		t.Error("a process listens on no socket")
	}
	if _, err := bench.NewProcess(1 << 22); err == nil {
		t.Error("there is a process beyond the last")
	}
}

func TestLight(t *testing.T) {
	for _, address := range []string{"nonsense", "ws://localhost:1"} {
		if bench.Light(address, patience) != nil {
			t.Errorf("%s can be reached", address)
		}
	}
	b := startBroker(t)
	register := bench.Light(b.path, patience)
	one, err := register(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{"one": codec.Busy, "": codec.Data} {
		if _, err := register(t.Context(), name); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
	if err := errors.Join(one.Ping(t.Context()), one.Close()); err != nil {
		t.Error(err)
	}
	if _, err := bench.Light(b.path+".sock", patience)(t.Context(), "one"); err == nil {
		t.Error("registered with nobody")
	}
}
