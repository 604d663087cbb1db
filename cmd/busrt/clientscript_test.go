package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/busrt-go/busrt/listeners"
)

// clientCommands are what scripts of the client's command line have beside the
// usual.
var clientCommands = map[string]func(*testscript.TestScript, bool, []string){
	"broker": startBroker,
	"mute":   startMute,
	"starts": starts,
	"hears":  hears,
	"logs":   logs,
	"ends":   ends,
}

// scriptState is what a script has started.
type scriptState struct {
	broker   *listeners.Group
	programs map[string]*program
}

type scriptKey struct{}

// withState is the Setup of scripts that use clientCommands.
func withState(env *testscript.Env) error {
	env.Values[scriptKey{}] = &scriptState{programs: make(map[string]*program)}
	return nil
}

func stateOf(ts *testscript.TestScript) *scriptState {
	s, _ := ts.Value(scriptKey{}).(*scriptState)
	return s
}

// broker PATH has a broker there, with a TCP address in $TCP, until the script
// ends or says broker -end.
func startBroker(ts *testscript.TestScript, _ bool, args []string) {
	s := stateOf(ts)
	end := func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		ts.Check(s.broker.Shutdown(ctx))
	}
	if args[0] == "-end" {
		end()
		return
	}
	ctx := context.Background()
	var err error
	s.broker, err = demoBroker(ctx, ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Defer(end)
	tcp, err := s.broker.Listen(ctx, "127.0.0.1:0", listeners.ListenOptions{})
	ts.Check(err)
	ts.Setenv("TCP", tcp.String())
}

// mute PATH has something there that lets clients connect and says nothing.
func startMute(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("unix", ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
}

// program runs beside a script.
type program struct {
	cmd      *exec.Cmd
	out, err stream
	exited   chan struct{}
}

// startProgram runs a program in dir, with a stdin that does not end.
func startProgram(dir string, argv ...string) (p *program, kill func(), err error) {
	p = &program{cmd: exec.Command(argv[0], argv[1:]...), exited: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, nil, err
	}
	go func() {
		_ = p.cmd.Wait() // its state is looked at
		close(p.exited)
	}()
	return p, func() {
		_ = stdin.Close()
		_ = p.cmd.Process.Kill()
		<-p.exited
	}, nil
}

// stream collects what a program writes, for someone to wait for.
type stream struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed and made anew at each write
}

func (s *stream) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.more != nil {
		close(s.more)
		s.more = nil
	}
	return s.text.Write(b)
}

// wait waits until what has been written passes a test, or nothing more can
// come, and gives it.
func (s *stream) wait(enough func(text string) bool, exited <-chan struct{}) string {
	late := time.After(patience)
	for last := false; ; {
		s.mu.Lock()
		text := s.text.String()
		if s.more == nil {
			s.more = make(chan struct{})
		}
		more := s.more
		s.mu.Unlock()
		if enough(text) || last {
			return text
		}
		select {
		case <-more:
		case <-exited:
			last = true
		case <-late:
			last = true
		}
	}
}

// starts NAME TEXT PROGRAM ARGS... runs a program beside the script, with a
// stdin that does not end, and waits until it has written TEXT.
func starts(ts *testscript.TestScript, _ bool, args []string) {
	name, text := args[0], args[1]
	p, kill, err := startProgram(ts.Getenv("WORK"), args[2:]...)
	ts.Check(err)
	ts.Defer(kill)
	stateOf(ts).programs[name] = p
	written := &p.out
	if strings.HasPrefix(text, "log:") {
		written, text = &p.err, text[len("log:"):]
	}
	if got := written.wait(func(got string) bool { return strings.Contains(got, text) }, p.exited); !strings.Contains(got, text) {
		ts.Fatalf("%s has not written %q but\n%s", name, text, got)
	}
}

func programOf(ts *testscript.TestScript, name string) *program {
	p, ok := stateOf(ts).programs[name]
	if !ok {
		ts.Fatalf("%s was not started", name)
	}
	return p
}

// hears NAME FILE wants a program to have written to stdout exactly what is in
// a file, where \e is an escape.
func hears(ts *testscript.TestScript, _ bool, args []string) {
	want := strings.ReplaceAll(ts.ReadFile(args[1]), `\e`, "\x1b")
	p := programOf(ts, args[0])
	got := p.out.wait(func(got string) bool { return got == want || !strings.HasPrefix(want, got) }, p.exited)
	if got != want {
		ts.Fatalf("%s has written\n%s\nwant\n%s", args[0], got, want)
	}
}

// logs NAME FILE wants the log of a program to be what is in a file, but for
// the times, which it has not.
func logs(ts *testscript.TestScript, _ bool, args []string) {
	want := ts.ReadFile(args[1])
	p := programOf(ts, args[0])
	timeless := func(got string) string { return journalTime.ReplaceAllString(got, "[") }
	got := p.err.wait(func(got string) bool { return timeless(got) == want }, p.exited)
	if timeless(got) != want {
		ts.Fatalf("%s has logged\n%s\nwant\n%s", args[0], got, want)
	}
}

var journalTime = regexp.MustCompile(`(?m)^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ `)

// ends NAME CODE [INT] waits for the end of a program, having sent it that
// signal, and wants that exit code.
func ends(ts *testscript.TestScript, _ bool, args []string) {
	p := programOf(ts, args[0])
	if len(args) > 2 {
		ts.Check(p.cmd.Process.Signal(map[string]os.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM}[args[2]]))
	}
	select {
	case <-p.exited:
	case <-time.After(patience):
		ts.Fatalf("%s has not ended after %v", args[0], patience)
	}
	if code := strconv.Itoa(p.cmd.ProcessState.ExitCode()); code != args[1] {
		ts.Fatalf("%s: exit code %s, want %s\n%s", args[0], code, args[1], p.err.text.String())
	}
}
