package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what has to come.
const patience = time.Minute

// process is a program of ours that runs beside the test, in a directory of its
// own.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	dir    string
	stderr io.Closer
	lines  chan string // of stderr; closed at its end
	seen   []string
	ended  chan error
}

// launch starts PROGRAM ARGS... in dir, with environment variables added.
func launch(t *testing.T, dir string, env []string, argv ...string) *process {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	return launchCommand(t, cmd)
}

// launchCommand starts a program as it is prepared.
func launchCommand(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: cmd, dir: cmd.Dir, stderr: stderr, lines: make(chan string, 1000), ended: make(chan error, 1)}
	go func() {
		for in := bufio.NewScanner(stderr); in.Scan(); {
			p.lines <- in.Text()
		}
		close(p.lines)
		p.ended <- cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		if t.Failed() {
			for line := range p.lines {
				p.seen = append(p.seen, line)
			}
			t.Logf("%s\n%s", cmd, strings.Join(p.seen, "\n"))
		}
	})
	return p
}

// serving starts a server in a new directory and waits until it serves.
func serving(t *testing.T, argv ...string) *process {
	t.Helper()
	p := launch(t, t.TempDir(), nil, argv...)
	p.waitLog("BUS/RT broker started")
	return p
}

// waitLog waits for a line that matches a pattern.
func (p *process) waitLog(pattern string) {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	late := time.After(patience)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				p.t.Fatalf("the program has ended without logging %q", pattern)
			}
			p.seen = append(p.seen, line)
			if re.MatchString(line) {
				return
			}
		case <-late:
			p.t.Fatalf("nothing matches %q after %v", pattern, patience)
		}
	}
}

// logged gives the group of a pattern in the first line that matches it, among
// those that were seen; the empty string if none does.
func (p *process) logged(pattern string) string {
	re := regexp.MustCompile(pattern)
	for _, line := range p.seen {
		if groups := re.FindStringSubmatch(line); groups != nil {
			return groups[1]
		}
	}
	return ""
}

func (p *process) signal(sig os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

// wait waits for the end of the program and gives its exit code, or -1 and the
// signal it died by.
func (p *process) wait() (code int, sig syscall.Signal) {
	p.t.Helper()
	select {
	case err := <-p.ended:
		p.ended <- err
		for line := range p.lines {
			p.seen = append(p.seen, line)
		}
		if ended, ok := errors.AsType[*exec.ExitError](err); ok {
			status, _ := ended.Sys().(syscall.WaitStatus)
			return ended.ExitCode(), status.Signal()
		} else if err != nil {
			p.t.Fatal(err)
		}
		return 0, 0
	case <-time.After(patience):
		p.t.Fatalf("the program has not ended after %v", patience)
		return 0, 0
	}
}

// wantExit waits for the end of the program and wants that exit code.
func (p *process) wantExit(code int) {
	p.t.Helper()
	if got, sig := p.wait(); got != code {
		p.t.Fatalf("exit code %d (signal %d), want %d", got, int(sig), code)
	}
}

// wantEmpty wants nothing to be left in the directory.
func (p *process) wantEmpty() {
	p.t.Helper()
	if got := files(p.t, p.dir); len(got) > 0 {
		p.t.Errorf("left behind: %q", got)
	}
}

// files are the names in dir, sorted.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// refused runs a program in dir that is to fail with exit code 1, and gives
// what it says on stderr beside its log.
func refused(t *testing.T, dir string, argv ...string) string {
	t.Helper()
	p := launch(t, dir, nil, argv...)
	p.wantExit(exitFailed)
	var said bytes.Buffer
	for _, line := range p.seen {
		if !logLine.MatchString(line) {
			said.WriteString(line)
		}
	}
	return said.String()
}
