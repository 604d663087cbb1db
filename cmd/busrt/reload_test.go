package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/certtest"
)

// configured starts a server with that configuration, and waits until it serves.
func configured(t *testing.T, text string) *process {
	t.Helper()
	dir := t.TempDir()
	configure(t, dir, text)
	p := launch(t, dir, nil, "busrt", "server", "--config", "busrt.toml")
	p.waitLog("BUS/RT broker started")
	return p
}

func configure(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "busrt.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// bus connects a client of ours.
func bus(t *testing.T, address, name string) *client.Client {
	t.Helper()
	c, err := client.Dial(t.Context(), address, client.Options{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// A hundred clients live through fifty reloads, each of which changes what they
// may do; those who come see it, and so do those who are there, if they are to.
func TestReload(t *testing.T) {
	const clients, reloads = 100, 50
	text := func(i int) string {
		var all strings.Builder
		fmt.Fprintf(&all, "[broker]\nqueue_frames = %d\n[[listen]]\nurl = \"b.sock\"\n[log]\nlevel = %q\n", 1000+i, []string{"info", "debug"}[i%2])
		all.WriteString("[clients.ops]\n")
		for n := range clients {
			fmt.Fprintf(&all, "[clients.\"c.%d\"]\npublish = [\"round/%d/#\"]\n", n, i)
		}
		return all.String()
	}
	p := configured(t, text(0))
	sock := filepath.Join(p.dir, "b.sock")
	var all []*client.Client
	for n := range clients {
		all = append(all, bus(t, sock, fmt.Sprintf("c.%d", n)))
	}
	for i := 1; i <= reloads; i++ {
		configure(t, p.dir, text(i))
		if i%2 == 0 {
			p.signal(syscall.SIGHUP)
			p.waitLog(`configuration reloaded changes=102 applied=false`)
			continue
		}
		code, out := busrt(t, p.dir, "reload", "-n", "ops", "--apply-connected", "./b.sock")
		if code != exitDone || !strings.Contains(out, fmt.Sprintf(`clients."c.7".publish = ["round/%d/#"]`, i)) {
			t.Fatalf("exit code %d\n%s", code, out)
		}
		p.waitLog(`configuration reloaded changes=102 applied=true`)
		if err := all[i].Publish(t.Context(), fmt.Sprintf("round/%d/x", i), nil, codec.QoSProcessed); err != nil {
			t.Fatalf("what is allowed now: %v", err)
		}
		if err := all[i].Publish(t.Context(), fmt.Sprintf("round/%d/x", i-1), nil, codec.QoSProcessed); err == nil {
			t.Fatal("what was allowed before still is")
		}
	}
	for n, c := range all {
		if err := c.Ping(t.Context()); err != nil {
			t.Errorf("client %d: %v", n, err)
		}
	}
	// Who is taken out stays until it is asked for.
	configure(t, p.dir, strings.Replace(text(reloads), "c.99", "c.100", 1))
	p.signal(syscall.SIGHUP)
	p.waitLog(`configuration changed: clients."c.99" is gone`)
	p.waitLog("configuration reloaded")
	if err := all[99].Ping(t.Context()); err != nil {
		t.Errorf("a client that is out of the map, before that is applied: %v", err)
	}
	if code, out := busrt(t, p.dir, "reload", "-n", "ops", "--apply-connected", "./b.sock"); code != exitDone || out != "nothing has changed\n" {
		t.Errorf("exit code %d, %s", code, out)
	}
	if _, err := all[99].Recv(t.Context()); err == nil {
		t.Error("a client that is out of the map stays")
	}
	bus(t, sock, "c.100")
}

// A reload with an error changes nothing, and says why: in the log, and to who
// has asked.
func TestReloadFails(t *testing.T) {
	const base = "[[listen]]\nurl = \"b.sock\"\n[clients.a]\npublish = [\"x\"]\n[clients.ops]\n"
	p := configured(t, base)
	sock := filepath.Join(p.dir, "b.sock")
	a := bus(t, sock, "a")
	for _, tc := range []struct{ text, why string }{
		{strings.Replace(base, `"x"`, `"y/#/z"`, 1), `busrt.toml:4: clients.a.publish: mask "y/#/z"`},
		{strings.Replace(base, "publish", "publsh", 1), "there is no such key; write publish"},
		{strings.Replace(base, "b.sock", "c.sock", 1), `busrt.toml:2: listen[0].url: takes effect at a start only; restart the broker, or write what it was: "b.sock"`},
		{"[[listen]]\nurl = \"b.sock\"\n", "clients: takes effect at a start only"},
		{"[broker]\nloops = 7\n" + base, "broker.loops: takes effect at a start only"},
		{"[[listen]]\nurl = \"d.sock\"\n" + base, "listen: takes effect at a start only"},
		{"[log]\nlevel = \"debug\"\n" + base + "hosts = [\"nowhere\"]\n", "clients.ops.hosts"},
	} {
		configure(t, p.dir, tc.text)
		code, out := busrt(t, p.dir, "reload", "-n", "ops", "./b.sock")
		if code != exitFailed || !strings.Contains(out, tc.why) {
			t.Errorf("exit code %d, %s\nwant %s", code, out, tc.why)
		}
		p.waitLog(`ERR configuration not reloaded, the old one stays error=.*`)
		if err := a.Publish(t.Context(), "x", nil, codec.QoSProcessed); err != nil {
			t.Errorf("after %q: %v", tc.text, err)
		}
	}
	configure(t, p.dir, base)
	if code, out := busrt(t, p.dir, "reload", "-n", "ops", "./b.sock"); code != exitDone || out != "nothing has changed\n" {
		t.Errorf("exit code %d, %s", code, out)
	}
}

// Certificates and tokens are read again, for those who come from then on.
func TestReloadSecrets(t *testing.T) {
	dir := t.TempDir()
	first, second := certtest.New(t), certtest.New(t)
	write := func(name string, text []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	give := func(ca *certtest.Authority, token string) {
		ca.Write(dir)
		write("tokens", []byte(token+"\n"))
	}
	give(first, "old")
	write("busrt.toml", []byte("[[listen]]\nurl = \"wss://127.0.0.1:0\"\ntls = { cert = \"cert.pem\", key = \"key.pem\" }\ntoken_file = \"tokens\"\n"))
	p := launch(t, dir, nil, "busrt", "server", "--config", "busrt.toml")
	p.waitLog("BUS/RT broker started")
	at := "wss://" + p.logged(`address=(\S+)`)
	try := func(ca *certtest.Authority, token string) error {
		c, err := client.Dial(t.Context(), at, client.Options{Name: "x", Token: token, TLS: ca.Client()})
		if err == nil {
			_ = c.Close()
		}
		return err
	}
	if err := try(first, "old"); err != nil {
		t.Fatal(err)
	}
	give(second, "new")
	p.signal(syscall.SIGHUP)
	p.waitLog("configuration reloaded")
	if err := try(second, "new"); err != nil {
		t.Error(err)
	}
	if try(first, "new") == nil || try(second, "old") == nil {
		t.Error("the old certificate, or token, is still good")
	}
}
