package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/compatibility.md has each rule that is marked (fix) in docs/protocol.md.
func TestCompatibilityPage(t *testing.T) {
	page := text(t, "docs/compatibility.md")
	id := regexp.MustCompile(`\b[A-Z]\d+\b`)
	marked := map[string]bool{}
	for line := range strings.Lines(text(t, "docs/protocol.md")) {
		before, _, fixed := strings.Cut(line, "(fix)")
		for fixed {
			if ids := id.FindAllString(regexp.MustCompile("`[^`]*`").ReplaceAllString(before, ""), -1); len(ids) > 0 {
				marked[ids[len(ids)-1]] = true
			}
			line = line[len(before)+len("(fix)"):]
			before, _, fixed = strings.Cut(line, "(fix)")
		}
	}
	for rule := range marked {
		if !strings.Contains(page, "| "+rule+" |") {
			t.Errorf("no word about %s", rule)
		}
	}
	if len(marked) < 18 {
		t.Errorf("%d rules: has the page another form?", len(marked))
	}
}

// Embedders compile nothing of the server's libraries.
func TestEmbeddersStayLight(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "./engine", "./codec", "./ringbuf", "./client", "./rpc/...", "./pubsub", "./listeners")
	list.Dir = repository
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 50 {
		t.Fatalf("%d packages", len(deps))
	}
	allowed := []string{"github.com/coreos/go-systemd/v22/activation"} // of listeners
	for _, dep := range deps {
		for _, heavy := range []string{"pelletier/", "prometheus/", "coreos/", "spf13/", "lmittmann/", "google.golang.org/", "busrt/cmd/", "log/syslog"} {
			if strings.Contains(dep, heavy) && !slices.Contains(allowed, dep) {
				t.Errorf("an embedder compiles %s", dep)
			}
		}
	}
}

// --check needs nothing that can be written to.
func TestCheckReadOnly(t *testing.T) {
	self, err := exec.LookPath("busrt")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "unshare", "-m", "mount", "-o", "remount,bind,ro", "/").CombinedOutput(); err != nil {
		t.Skipf("no read-only root to be had: %v %s", err, out)
	}
	dir := t.TempDir()
	configure(t, dir, "[broker]\npid_file = \"pid\"\n[[listen]]\nurl = \"b.sock\"\n[admin]\nlisten = \"./admin.sock\"\n")
	script := `mount -o remount,bind,ro / && for at in /tmp /run; do ! mountpoint -q $at || mount -o remount,bind,ro $at; done
! touch written 2>/dev/null && exec "$0" server --check --config busrt.toml`
	cmd := exec.CommandContext(t.Context(), "unshare", "-m", "sh", "-ec", script, self)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "the configuration is valid\n" {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "b.sock")); err == nil {
		t.Error("something was opened")
	}
}
