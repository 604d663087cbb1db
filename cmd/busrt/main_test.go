package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The tests run the program as users do: the test binary is put on PATH under
// each of these names.
func TestMain(m *testing.M) {
	demoStageTime = 20 * time.Millisecond
	testscript.Main(m, map[string]func(){
		"busrt":  main,
		"busrtd": main,
		"stuck":  stuck,
	})
}

// stuck takes signals as the server does, and never ends by itself.
func stuck() {
	stop, abort, _ := watchSignals(context.Background())
	fmt.Fprintln(os.Stderr, "ready")
	<-stop.Done()
	fmt.Fprintln(os.Stderr, "stop")
	<-abort.Done()
	fmt.Fprintln(os.Stderr, "abort")
	select {}
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Deadline:            time.Now().Add(15 * patience), // builds with -race are slow; a server that starts where none should never ends
		Setup:               withState,
		Cmds:                commands(),
	})
}

// commands are what scripts have beside the usual.
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	all := maps.Clone(clientCommands)
	all["exits"] = exits
	all["says"] = says
	return all
}

// exits CODE PROGRAM ARGS... runs a program and wants that exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		ended, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = ended.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// logLine is a line of the server's log, or of a client's.
var logLine = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d (DBG|INF|WRN|ERR) ` +
	`|^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (DEBUG|INFO |WARN |ERROR) busrt\] `)

// says [-only] LINE wants stderr to hold that line, and beside it nothing but
// log lines, or nothing at all.
func says(ts *testscript.TestScript, _ bool, args []string) {
	only := args[0] == "-only"
	var other []string
	for line := range strings.Lines(ts.ReadFile("stderr")) {
		if only || !logLine.MatchString(line) {
			other = append(other, line)
		}
	}
	if got, want := strings.Join(other, ""), args[len(args)-1]+"\n"; got != want {
		ts.Fatalf("stderr says\n%swant\n%s", got, want)
	}
}
