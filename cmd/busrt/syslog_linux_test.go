package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
)

// inDev starts a server for which a directory is all there is in /dev, if this
// machine has user namespaces.
func inDev(t *testing.T, dev string, argv ...string) *process {
	t.Helper()
	within := []string{"unshare", "-rm", "sh", "-c", `mount --bind "$0" /dev && exec "$@"`, dev}
	if out, err := exec.Command(within[0], append(within[1:], "true")...).CombinedOutput(); err != nil {
		t.Skipf("no mount of one's own here: %v, %s", err, out)
	}
	return launch(t, t.TempDir(), nil, append(within, argv...)...)
}

// --log-syslog: lines go to /dev/log as those of busrtd, facility user, each with
// its level, and nothing to stderr.
func TestSyslog(t *testing.T) {
	m := newManager(t)
	dev := filepath.Dir(m.path)
	if err := os.Symlink(filepath.Base(m.path), filepath.Join(dev, "log")); err != nil {
		t.Fatal(err)
	}
	p := inDev(t, dev, "busrtd", "-B", "b.sock", "--log-syslog", "--verbose")
	for _, want := range []string{
		`<14>\w+ +\d+ [\d:]+ busrtd\[\d+\]: starting BUS/RT server\n`,
		`<15>\w+ +\d+ [\d:]+ busrtd\[\d+\]: processors GOMAXPROCS=\d+\n`,
		`<14>\w+ +\d+ [\d:]+ busrtd\[\d+\]: BUS/RT broker started\n`,
	} {
		for re := regexp.MustCompile("^" + want + "$"); ; {
			line := m.hears(patience)
			if line == "" {
				t.Fatalf("nothing matches %q after %v", want, patience)
			}
			if re.MatchString(line) {
				break
			}
		}
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.wantExit(exitDone)
	for line := range p.lines {
		t.Errorf("on stderr: %q", line)
	}
}

// Without a syslog the log goes where it would go otherwise.
func TestNoSyslog(t *testing.T) {
	for _, path := range []string{"/var/run/syslog", "/var/run/log"} { // where it is on other systems
		if st, err := os.Stat(path); err == nil && st.Mode().Type() == os.ModeSocket {
			t.Skipf("there is a socket at %s", path)
		}
	}
	inDev(t, t.TempDir(), "busrtd", "-B", "b.sock", "--log-syslog").waitLog("BUS/RT broker started")
}
