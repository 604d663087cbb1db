package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The README is run as it stands, from top to bottom and with one broker: its
// command lines by a shell, what is below them being what they print, and its Go
// code by the go command.

const (
	repository   = "../.."
	readmeSocket = "/tmp/busrt.sock" // in the README; the test has one of its own
)

func TestReadme(t *testing.T) { read(t, "README.md") }

// And so are the pages about the server; configurations in them are files, whose
// names stand in their first lines.
func TestPages(t *testing.T) {
	for _, page := range []string{"configuration", "operations", "observability"} {
		t.Run(page, func(t *testing.T) { read(t, "docs/"+page+".md") })
	}
}

func read(t *testing.T, page string) {
	t.Helper()
	r := newReading(t)
	for _, b := range blocks(t, text(t, page)) {
		switch b.language {
		case "toml":
			content := strings.ReplaceAll(strings.Join(b.lines, "\n")+"\n", readmeSocket, r.socket())
			name := strings.TrimPrefix(b.lines[0], "# ")
			if err := os.WriteFile(filepath.Join(r.dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		case "console":
			for _, c := range b.commands(t) {
				r.run(c)
			}
		case "go":
			r.goRun(b)
		case "python": // needs the published client
		default:
			t.Errorf("line %d: nothing tests blocks of %q", b.line, b.language)
		}
	}
	r.end()
}

// What the README names is there: files of its links, folders and scripts of its
// tables.
func TestReadmeNames(t *testing.T) {
	names := regexp.MustCompile("(?m)\\]\\(([^):]+)\\)|^\\| `([^ `]+)").FindAllStringSubmatch(text(t, "README.md"), -1)
	if len(names) < 20 {
		t.Errorf("%d names: has the README another form?", len(names))
	}
	for _, n := range names {
		if _, err := os.Stat(filepath.Join(repository, n[1]+n[2])); err != nil {
			t.Error(err)
		}
	}
}

func text(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, page))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// block is fenced text.
type block struct {
	line     int // of its fence
	language string
	lines    []string
}

func blocks(t *testing.T, text string) (all []block) {
	t.Helper()
	inside := false
	for i, line := range strings.Split(text, "\n") {
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && !inside:
			all = append(all, block{line: i + 1, language: language})
		case inside && !fence:
			b := &all[len(all)-1]
			b.lines = append(b.lines, line)
		}
		inside = inside != fence
	}
	if inside || len(all) == 0 {
		t.Fatalf("%d blocks of code, the last without an end: %t", len(all), inside)
	}
	return all
}

// command is a command line and what it prints.
type command struct {
	line   int
	text   string
	prints string
}

func (b block) commands(t *testing.T) (all []command) {
	t.Helper()
	for i, line := range b.lines {
		text, ok := strings.CutPrefix(line, "$ ")
		switch {
		case ok:
			all = append(all, command{line: b.line + 1 + i, text: text})
		case len(all) == 0:
			t.Fatalf("line %d: output without a command", b.line+1+i)
		default:
			all[len(all)-1].prints += line + "\n"
		}
	}
	return all
}

// reading is how far the README was read.
type reading struct {
	t       *testing.T
	dir     string // where commands run: it has busrt, and the socket
	running []running
}

// running is a command that goes on until it is interrupted.
type running struct {
	command
	program *program
	code    int // when it is
}

func newReading(t *testing.T) *reading {
	t.Helper()
	busrt, err := exec.LookPath("busrt") // TestMain's
	if err != nil {
		t.Fatal(err)
	}
	r := &reading{t: t, dir: t.TempDir()}
	if err := os.Symlink(busrt, filepath.Join(r.dir, "busrt")); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *reading) socket() string { return filepath.Join(r.dir, "b.sock") }

// run runs a command line and wants it to print what the README says, or lets it
// go on. What the go command would build is built, but has to be there.
func (r *reading) run(c command) {
	code := exitDone
	line, comment, _ := strings.Cut(c.text, " # exit code ")
	if comment != "" {
		code, _ = strconv.Atoi(comment)
	}
	words := strings.Fields(line)
	if _, err := exec.LookPath(words[0]); err != nil && words[0] == "curl" {
		return
	}
	if words[0] == "go" {
		list := exec.Command("go", "list", words[2])
		list.Dir = repository
		if out, err := list.CombinedOutput(); err != nil {
			r.t.Errorf("line %d: %s: %v\n%s", c.line, c.text, err, out)
		}
		if words[1] != "run" {
			return
		}
		line = "./busrt " + strings.Join(words[3:], " ")
	}
	p := r.start("sh", "-c", "exec "+strings.ReplaceAll(line, readmeSocket, r.socket()))
	switch {
	case slices.Contains(words, "server") && !slices.Contains(words, "--check"):
		r.keep(running{c, p, exitDone}, &p.err, "BUS/RT broker started")
	case slices.Contains(words, "listen"):
		r.keep(running{c, p, exitSignal + int(syscall.SIGINT)}, &p.out, "Listening to")
	default:
		r.finish(running{c, p, code})
	}
}

// start runs a program beside the test.
func (r *reading) start(argv ...string) *program {
	r.t.Helper()
	p, kill, err := startProgram(r.dir, argv...)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(kill)
	return p
}

// keep lets a command go on once it has written that it is ready.
func (r *reading) keep(c running, to *stream, ready string) {
	r.t.Helper()
	if got := to.wait(func(got string) bool { return strings.Contains(got, ready) }, c.program.exited); !strings.Contains(got, ready) {
		r.t.Fatalf("line %d: %s has not written %q but\n%s%s", c.line, c.text, ready, got, c.program.err.text.String())
	}
	r.running = append(r.running, c)
}

// end wants of the commands that go on what is wanted of the others, listeners
// before the server.
func (r *reading) end() {
	for _, c := range slices.Backward(r.running) {
		want := r.tidy(c.command, c.prints)
		c.program.out.wait(func(got string) bool { return r.tidy(c.command, got) == want }, c.program.exited)
		if err := c.program.cmd.Process.Signal(syscall.SIGINT); err != nil {
			r.t.Error(err)
		}
		r.finish(c)
	}
}

// finish waits for the end of a command and compares.
func (r *reading) finish(c running) {
	r.t.Helper()
	select {
	case <-c.program.exited:
	case <-time.After(patience):
		r.t.Fatalf("line %d: %s has not ended after %v", c.line, c.text, patience)
	}
	if code := c.program.cmd.ProcessState.ExitCode(); code != c.code {
		r.t.Errorf("line %d: %s: exit code %d, want %d\n%s", c.line, c.text, code, c.code, c.program.err.text.String())
	}
	said := c.program.out.text.String()
	if c.code == exitConfig {
		said = c.program.err.text.String()
	}
	got, want := r.tidy(c.command, said), r.tidy(c.command, c.prints)
	if start, ok := strings.CutSuffix(want, "...\n"); ok && strings.HasPrefix(got, start) {
		return
	}
	if got != want {
		r.t.Errorf("line %d: %s prints, in short,\n%swant\n%s", c.line, c.text, got, want)
	}
}

var (
	padding = regexp.MustCompile(`  +|-{5,}| +(\n)`)
	figures = regexp.MustCompile(`[\d_.]*\d(?:ns|µs|ms|k|M)?`)
)

// tidy takes from the output of a command what differs from run to run.
func (r *reading) tidy(c command, output string) string {
	output = strings.ReplaceAll(output, r.socket(), readmeSocket)
	output = padding.ReplaceAllString(output, " $1")
	output = strings.ReplaceAll(output, " \n", "\n")
	if strings.HasSuffix(c.text, " demo") || strings.HasSuffix(c.text, " client.list") {
		output = figures.ReplaceAllString(output, "#")
	}
	return output
}

var printed = regexp.MustCompile(`(?m)^fmt\.Print.*\) // (.*\n)`)

// goRun runs code of the README, with what that leaves out around it. If it waits
// for the end of ctx, a client comes by and ends that.
func (r *reading) goRun(b block) {
	code := strings.Join(b.lines, "\n")
	want := ""
	for _, line := range printed.FindAllStringSubmatch(code+"\n", -1) {
		want += line[1]
	}
	socket := r.socket()
	if strings.Contains(code, "<-ctx.Done()") {
		code = strings.Replace(code, "<-ctx.Done()", "visit(ctx)\ncancel()\n<-ctx.Done()", 1)
		socket = filepath.Join(r.dir, "own.sock")
	}
	frame, err := os.ReadFile("testdata/readme.tmpl")
	if err != nil {
		r.t.Fatal(err)
	}
	file := filepath.Join(r.dir, "main.go")
	source := strings.ReplaceAll(fmt.Sprintf(string(frame), code), readmeSocket, socket)
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		r.t.Fatal(err)
	}
	run := exec.Command("go", "run", file)
	run.Dir = repository
	if got, err := run.CombinedOutput(); err != nil || string(got) != want {
		r.t.Errorf("line %d: the program prints\n%s(%v), want\n%s", b.line, got, err, want)
	}
}
