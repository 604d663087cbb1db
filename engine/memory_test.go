package engine

import (
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// At what all may have nobody is shed; with a byte less those go first that most
// is queued for: their names are free, the frame that was begun is finished and
// what was behind it counted as lost, and the memory is free. Others stay.
//
// Mutants it fails with: >= for > in shed; heaviest in the reverse; Curtail that
// keeps all, or nothing.
func TestShed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := newBus(t, 2, Options{MaxMemory: 1 << 30, Timeout: longTimeout})
		alice, watcher := b.connect("alice"), b.connect("watcher")
		watcher.subscribe(topicSlow, topicInfo)
		payload := strings.Repeat("x", 100<<10)
		slow := make([]*client, 3)
		for i := range slow {
			slow[i] = b.connectOn(1, fmt.Sprint("slow", i))
			slow[i].fits(10) // it begins a frame
			for range 3 * (i + 1) {
				alice.send(message(0, slow[i].name, payload))
			}
		}
		b.run()
		watcher.got()
		inUse := b.broker.InUse()
		if inUse < 18*100<<10 || inUse > 4<<20 {
			t.Fatalf("%d bytes in use", inUse)
		}
		for d := int64(1); d >= -1; d-- {
			b.broker.memory.most = inUse + d
			b.pass(TickInterval)
			if shed := slow[2].session.state != stateLive; shed != (d < 0) {
				t.Fatalf("limit at use %+d: shed %t", d, shed)
			}
		}
		watcher.expect("publish .broker .broker/slow: slow slow2 broker short of memory", "publish .broker .broker/info: unreg slow2")
		if n := b.broker.dropped[reasonMemory].Load(); n != 8 { // of 9, all but the one that was begun
			t.Errorf("%d frames dropped, want 8", n)
		}
		if now := b.broker.InUse(); now > inUse-8*100<<10 {
			t.Errorf("%d bytes in use, %d before", now, inUse)
		}
		slow[2].fits(socketBuffer)
		if got := slow[2].got(); len(got) != 1 {
			t.Errorf("%d frames were written, want that which was begun", len(got))
		}
		slow[2].expectEnd(false)
		for _, c := range slow[:2] {
			c.fits(socketBuffer)
			if got := c.got(); len(got) == 0 || c.closed {
				t.Errorf("%s: %d frames, closed %t", c.name, len(got), c.closed)
			}
		}
	})
}

// A shed client may have been cut off before: it drains, and its queue counts.
func TestShedDraining(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := newBus(t, 2, Options{MaxMemory: 1 << 30, Timeout: longTimeout, QueueFrames: 10, StallTime: noPauses})
		alice, slow := b.connect("alice"), b.connectOn(1, "slow")
		slow.fits(0)
		for range 11 {
			alice.send(message(0, "slow", strings.Repeat("x", 100<<10)))
		}
		b.run()
		b.mustBeFree("slow")
		b.broker.memory.most = b.broker.InUse() - 1
		b.pass(TickInterval)
		slow.expectEnd(false)
		if d := b.broker.Stats().Dropped; d["broker short of memory"] != 10 || d["queue full"] != 1 {
			t.Errorf("dropped: %v", d)
		}
	})
}

// Frames that are partly received count as well: who sends the longest goes.
func TestShedSenders(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := newBus(t, 1, Options{MaxMemory: 3 << 19, Timeout: longTimeout})
		var senders []*client
		for i := range 4 {
			c := b.connect(fmt.Sprint("c", i))
			f := message(0, "x", strings.Repeat("x", 100<<(10+i)))
			c.send(f[:len(f)-1])
			senders = append(senders, c)
		}
		b.pass(2 * TickInterval)
		for i, c := range senders {
			if c.closed != (i == 3) {
				t.Errorf("client %d: closed %t", i, c.closed)
			}
		}
		if n := b.broker.ended[reasonMemory].Load(); n != 1 {
			t.Errorf("%d ended for memory", n)
		}
	})
}

// A flood does not wait for a tick.
func TestShedBetweenTicks(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := newBus(t, 1, Options{MaxMemory: 2 << 20, Timeout: longTimeout, StallTime: noPauses})
		alice, slow := b.connect("alice"), b.connect("slow")
		slow.fits(0)
		for i := 0; !slow.closed; i++ {
			if i == 40 {
				t.Fatalf("not shed with %d bytes in use", b.broker.InUse())
			}
			alice.send(message(0, "slow", strings.Repeat("x", 100<<10)))
			b.run()
		}
	})
}

// The least of what limits the memory of this process.
func TestMemoryOf(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	machine := file("MemTotal:       1000 kB\nMemFree: 5 kB\n")
	for name, tt := range map[string]struct {
		root fstest.MapFS
		want int64
	}{
		"nothing": {fstest.MapFS{}, math.MaxInt64},
		"machine": {fstest.MapFS{"proc/meminfo": machine}, 1000 << 10},
		"no limit": {fstest.MapFS{
			"proc/meminfo": machine, "proc/self/cgroup": file("0::/a/b\n"), "sys/fs/cgroup/a/b/memory.max": file("max\n"),
		}, 1000 << 10},
		"group": {fstest.MapFS{
			"proc/meminfo": machine, "proc/self/cgroup": file("0::/a/b\n"), "sys/fs/cgroup/a/b/memory.max": file("2000\n"),
		}, 2000},
		"group above": {fstest.MapFS{
			"proc/self/cgroup": file("0::/a/b\n"), "sys/fs/cgroup/a/b/memory.max": file("2000\n"), "sys/fs/cgroup/a/memory.max": file("1500\n"),
		}, 1500},
		"container": {fstest.MapFS{
			"proc/self/cgroup": file("0::/docker/x\n"), "sys/fs/cgroup/memory.max": file("3000\n"),
		}, 3000},
		"version 1": {fstest.MapFS{
			"proc/self/cgroup": file("5:cpu:/x\n4:memory:/y\n"),
			"sys/fs/cgroup/memory/y/memory.limit_in_bytes": file("4000\n"),
		}, 4000},
		"rubbish": {fstest.MapFS{"proc/meminfo": file("MemTotal:\n"), "proc/self/cgroup": file("0\n::\n")}, math.MaxInt64},
	} {
		if got := memoryOf(tt.root); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
	if n := defaultMemory(); n < 1<<20 {
		t.Errorf("by default %d bytes", n)
	}
}

// As many frames as a second may have, at once; one more ends the connection
// with what came with it handled. The allowance comes back with time.
//
// Mutants it fails with: a burst off by one; pings that do not count.
func TestFrameRate(t *testing.T) {
	const limit = 20
	inBubble(t, func(t *testing.T) {
		for _, frame := range [][]byte{message(0, "x", "p"), codec.AppendPing(nil)} {
			for _, o := range []struct {
				broker, listener int
			}{{limit, 0}, {0, limit}, {1, limit}, {-1, limit}} {
				b := newBus(t, 1, Options{Timeout: longTimeout, FrameRate: o.broker})
				c := b.open(0, with(Settings{FrameRate: o.listener}))
				c.say(hello("c"), "\x01\x01")
				send := func(n int) {
					c.send([]byte(strings.Repeat(string(frame), n)))
					b.run()
				}
				send(limit - 1)
				send(1)
				if c.closed {
					t.Fatal("ended at the limit")
				}
				b.pass(time.Second)
				send(limit)
				if c.closed {
					t.Fatal("ended at the limit, a second later")
				}
				send(1)
				c.expectEnd(false)
				if n := b.broker.ended[reasonRate].Load(); n != 1 {
					t.Errorf("%d ended for it", n)
				}
			}
			b := newBus(t, 1, Options{Timeout: longTimeout, FrameRate: 1})
			c := b.open(0, with(Settings{FrameRate: -1}))
			c.say(hello("c"), "\x01\x01")
			c.send([]byte(strings.Repeat(string(frame), 100*limit)))
			b.run()
			if c.closed {
				t.Error("ended, but may send any number")
			}
		}
	})
}

// A user or address gets ten lines a second, and what was left out is said.
func TestNotices(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var log strings.Builder
		b := newBus(t, 1, Options{Timeout: longTimeout, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		lines := func(of string) int { return strings.Count(log.String(), of) }
		for i := range 2 * linesPerPeer {
			b.open(0, local(7)).say(hello(fmt.Sprint("bad name\n", i)), "\x01\x72")
		}
		b.open(0, local(8)).say(hello("."), "\x01\x72")
		if n, other := lines("uid=7"), lines("uid=8"); n != linesPerPeer || other != 1 {
			t.Errorf("%d and %d lines", n, other)
		}
		b.pass(time.Second)
		b.open(0, local(8)).say(hello("."), "\x01\x72")
		if !strings.Contains(log.String(), "left out\" lines=10\n") {
			t.Errorf("the log does not say what was left out:\n%s", log.String())
		}
	})
}
