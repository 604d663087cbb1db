package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Man pages and completions of all commands, from the commands themselves.
func TestGenerate(t *testing.T) {
	dir := t.TempDir()
	if code, out := busrt(t, dir, "generate", "."); code != exitDone {
		t.Fatalf("exit code %d: %s", code, out)
	}
	for file, want := range map[string]string{
		"man/busrt.1":             ".SH NAME\nbusrt \\- A BUS/RT\\-compatible",
		"man/busrtd.1":            ".TH BUSRTD 1",
		"man/busrt-server.1":      `  \-B, \-\-bind PATH`,
		"man/busrt-reload.1":      `\-\-apply\-connected`,
		"man/busrt-config-init.1": ".SH USAGE",
		"man/busrt-rpc-call.1":    "rpc call TARGET METHOD",
		"completions/busrt.bash":  "bash completion",
		"completions/_busrt":      "#compdef busrt",
		"completions/busrt.fish":  "fish completion",
		"completions/busrt.ps1":   "powershell completion",
	} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s (%v): no %q in\n%s", file, err, want, text)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "man", "busrt-generate.1")); err == nil {
		t.Error("a page about a hidden command")
	}
}

// What shells ask, with a PATH in front or without.
func TestCompletion(t *testing.T) {
	for line, want := range map[string]string{
		"se":                         "send\nserver\n",
		"con":                        "config\n",
		"config ":                    "init\nshow\n",
		"-n x /tmp/b.sock rpc n":     "notify\n",
		"/tmp/b.sock broker client.": "client.list\n",
		"server --tls-cl":            "--tls-client-ca\n",
		"reload --ap":                "--apply-connected\n",
	} {
		words := append([]string{"__completeNoDesc"}, strings.Split(line, " ")...)
		code, out := busrt(t, t.TempDir(), words...)
		got, _, _ := strings.Cut(out, ":")
		if code != exitDone || got != want {
			t.Errorf("%q: exit code %d, %q, want %q", line, code, got, want)
		}
	}
}
