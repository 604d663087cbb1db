package main

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// patient begins a configuration for clients that say nothing for a while.
const patient = "[broker]\ntimeout = \"60s\"\n"

// ask sends a frame and gives the codes that it is answered with, up to the last.
func (c *peer) ask(op codec.Op, target string, payload []byte) (codes []codec.Status) {
	c.t.Helper()
	c.write(codec.AppendFrame(nil, 7, op, codec.QoSProcessed, target, payload))
	for {
		d := c.next()
		if d.Kind != codec.KindAck || d.ID != 7 {
			c.t.Fatalf("instead of an ack: %+v", d)
		}
		codes = append(codes, d.Code)
		if op != codec.OpSubscribe || d.Code == codec.OK {
			return codes
		}
	}
}

// subscribed tells whether a client may have two subscriptions.
func subscribed(c *peer) bool {
	c.t.Helper()
	return !slices.Contains(c.ask(codec.OpSubscribe, "a\x00b", nil), codec.Data)
}

// stays floods a receiver that reads nothing until it has lost a few frames, and
// tells whether it is there still.
func stays(t *testing.T, sock, receiver string, sender *peer) bool {
	t.Helper()
	join(t, "unix", sock, receiver)
	payload := make([]byte, 64<<10)
	for range 1000 {
		switch code := sender.ask(codec.OpMessage, receiver, payload)[0]; code {
		case codec.OK:
		case codec.NotRegistered:
			return false
		case codec.NotDelivered:
			if code := sender.ask(codec.OpMessage, receiver, payload)[0]; code != codec.NotRegistered {
				return true
			}
			return false
		default:
			t.Fatalf("a message is answered %v", code)
		}
	}
	t.Fatal("a client takes a thousand frames without reading")
	return false
}

// Policies and limits that a reload changes hold for those who come from then on,
// of the broker, of an address, and of one name; who is there keeps what it has.
// What is wrong is refused, and changes nothing.
func TestReloadLimits(t *testing.T) {
	const clients = "[clients.sender]\n[clients.old]\n[clients.ops]\n[clients.new]\n[clients.fast]\n[clients.slow]\n[clients.\"slow.own\"]\n"
	text := func(broker, listen, own string) string {
		return patient + "queue_frames = 10\n" + broker + "[[listen]]\nurl = \"b.sock\"\n" + listen + clients + own
	}
	p := configured(t, text("slow = \"disconnect\"\n", "", ""))
	sock := filepath.Join(p.dir, "b.sock")
	old, sender := join(t, "unix", sock, "old"), join(t, "unix", sock, "sender")
	if stays(t, sock, "slow", sender) {
		t.Error("disconnect: a slow client stays")
	}

	configure(t, p.dir, text("slow = \"drop-new\"\n", "max_subscriptions = 1\nframe_rate = 5\nmax_frame = \"1KiB\"\n", "slow = \"disconnect\"\nframe_rate = 0\n"))
	p.signal(syscall.SIGHUP)
	p.waitLog(`configuration changed: broker\.slow = "drop-new" \(was "disconnect"\)`)
	p.waitLog(`configuration changed: clients\."slow\.own"\.slow = "disconnect" \(new\)`)
	p.waitLog(`configuration changed: listen\[0\]\.frame_rate = 5 \(new\)`)
	p.waitLog("configuration reloaded changes=6 applied=false")

	if !stays(t, sock, "slow", sender) {
		t.Error("drop-new: a slow client does not stay")
	}
	if stays(t, sock, "slow.own", sender) {
		t.Error("a slow client whose own policy is disconnect stays")
	}
	if !subscribed(old) {
		t.Error("who was there may not have two subscriptions any more")
	}
	pings := []byte(strings.Repeat(string(codec.AppendPing(nil)), 100))
	old.write(pings)
	old.wantService()
	fresh := join(t, "unix", sock, "new")
	if subscribed(fresh) {
		t.Error("who is new may have two subscriptions")
	}
	fresh.write(pings)
	fresh.wantEnd()
	fast := join(t, "unix", sock, "slow.own") // whose name has any rate
	fast.write(pings)
	fast.wantService()
	fast.write(codec.AppendFrame(nil, 7, codec.OpPublish, codec.QoSProcessed, "t", make([]byte, 1<<10)))
	fast.wantEnd()

	for _, tc := range []struct{ text, why string }{
		{text("slow = \"dropnew\"\n", "", ""), `busrt.toml:4: broker.slow: "dropnew" is not known; write "drop-new"`},
		{text("", "frame_rate = -5\n", ""), `busrt.toml:6: listen[0].frame_rate: -5 frames a second; write 1 at least, or 0 for any number`},
		{text("", "", "queue_bytes = \"1MB\"\n"), `busrt.toml:13: clients."slow.own".queue_bytes: "1MB" is something else than what this key takes; write a size such as`},
		{text("max_memory = \"1MiB\"\n", "", ""), `busrt.toml:4: broker.max_memory: takes effect at a start only; restart the broker, or write what it was: `},
		{text("connect_rate = 7\n", "", ""), `busrt.toml:4: broker.connect_rate: takes effect at a start only; restart the broker, or write what it was: 0`},
	} {
		configure(t, p.dir, tc.text)
		if code, out := busrt(t, p.dir, "reload", "-n", "ops", "./b.sock"); code != exitFailed || !strings.Contains(out, tc.why) {
			t.Errorf("exit code %d, %s\nwant %s", code, out, tc.why)
		}
		p.waitLog(`ERR configuration not reloaded, the old one stays error=.*`)
	}
	if subscribed(join(t, "unix", sock, "new")) {
		t.Error("a reload that was refused has lifted a limit")
	}

	// What is taken away again is as it was, or by default.
	configure(t, p.dir, text("", "", ""))
	p.signal(syscall.SIGHUP)
	p.waitLog(`configuration changed: broker\.slow = "pause" \(was "drop-new"\)`)
	p.waitLog("configuration reloaded changes=6 applied=false")
	again := join(t, "unix", sock, "fast")
	again.write(pings)
	if !subscribed(again) {
		t.Error("who comes after the limit has been lifted may not have two subscriptions")
	}
}

// Limits of the broker as a whole, as a start finds them.
func TestServerLimits(t *testing.T) {
	p := configured(t, patient+"max_name = 300\nmax_topic = 5\nmax_topic_depth = 2\n[[listen]]\nurl = \"b.sock\"\n")
	sock := filepath.Join(p.dir, "b.sock")
	if got := dial(t, "unix", sock).hello(strings.Repeat("n", 301)); got != codec.Data {
		t.Errorf("a name of 301 bytes: %v", got)
	}
	c := join(t, "unix", sock, strings.Repeat("n", 300))
	for topic, want := range map[string]codec.Status{"12345": codec.OK, "123456": codec.Data, "a/b": codec.OK, "a/b/c": codec.Data} {
		if got := c.ask(codec.OpPublish, topic, nil); got[0] != want {
			t.Errorf("topic %s: %v, want %v", topic, got, want)
		}
	}

	p = configured(t, patient+"peer_connections = 1\n[[listen]]\nurl = \"b.sock\"\n")
	sock = filepath.Join(p.dir, "b.sock")
	join(t, "unix", sock, "first")
	second, err := net.DialTimeout("unix", sock, patience)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = second.Close() }()
	if err := second.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if n, err := second.Read(make([]byte, 3)); n != 0 || !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a second connection: %d bytes, %v", n, err)
	}
}
