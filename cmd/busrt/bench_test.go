package main

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/busrt-go/busrt/bench"
	"github.com/busrt-go/busrt/bench/report"
)

var update = flag.Bool("update", false, "write golden files anew")

// wantGolden wants text to be that of a file.
func wantGolden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", "bench", name)
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, text, want)
	}
}

const fakeReport = "../../bench/report/testdata/fake.json"

// The tables of fixed results: of two brokers, one of which has failed once, and
// of one of them in an open loop that it could not follow.
func TestBenchTables(t *testing.T) {
	r, err := fromFile(fakeReport)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := writeTables(&out, r); err != nil {
		t.Fatal(err)
	}
	wantGolden(t, "against.txt", out.String())

	r.Brokers, r.Complete = r.Brokers[:1], false
	for i := range r.Results {
		r.Results[i].Asked, r.Results[i].Missed, r.Results[i].Lateness = 200_000, 1234, 15_000
	}
	out.Reset()
	if err := writeTables(&out, r); err != nil {
		t.Fatal(err)
	}
	wantGolden(t, "run.txt", out.String())
}

func TestBenchCompareTable(t *testing.T) {
	sets, err := setsOf([]string{fakeReport}, false)
	if err != nil || len(sets) != 2 {
		t.Fatalf("%d sets: %v", len(sets), err)
	}
	table, notes := comparisonTable(sets[0], sets[1])
	wantGolden(t, "compare.txt", table.render(false)+notes)
}

func TestBenchLabels(t *testing.T) {
	r := new(report.Report)
	for i, tt := range []struct{ command, want string }{
		{"busrt server -B {sock}", "ours"},
		{"busrtd -B {sock}", "busrtd"},
		{"/usr/local/bin/busrtd -B {tcp} -w 2", "busrtd -w 2"},
		{"busrtd -B {sock}", "busrtd (4)"},
	} {
		got := labelOf(r, i, tt.command)
		if got != tt.want {
			t.Errorf("%s is %q, want %q", tt.command, got, tt.want)
		}
		r.Brokers = append(r.Brokers, report.Broker{Name: got})
	}
}

// This very program against itself, over a socket and over TCP: whatever is
// named comes out in each round, and nothing is left.
func TestBenchAgainst(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	file := filepath.Join(t.TempDir(), "out.json")
	var out bytes.Buffer
	err := run(t.Context(), []string{
		"busrt", "bench", "against", "busrt server -B {tcp}", "--stage", "rpc.call/workers=1,2", "--stage", "pair",
		"--stage", "connect.keep/connections=1000", "--duration", "30ms", "--warm-up", "1ms", "--rounds", "2", "-o", file,
	}, stdio{out: &out, err: &out})
	if err != nil {
		t.Fatal(err)
	}
	r, err := fromFile(file)
	if err != nil || !r.Complete || len(r.Brokers) != 2 || len(r.Results) != 4*2*2 {
		t.Fatalf("%+v: %v", r, err)
	}
	for _, one := range r.Results {
		if one.Operations == 0 || one.Rate <= 0 || one.Error != "" || (one.BrokerCPU <= 0 && runtime.GOOS == "linux") {
			t.Errorf("%+v", one)
		}
		if kept := one.Stage == "connect.keep"; kept != (one.Connection > 0) && runtime.GOOS == "linux" {
			t.Errorf("%s: %g bytes a connection", one.Case, one.Connection)
		}
	}
	// Whoever was first in one round is last in the next.
	for i, want := range []string{"ours", "busrt server", "busrt server", "ours"} {
		if got := r.Results[i].Broker; got != want {
			t.Errorf("number %d is %s, want %s", i, got, want)
		}
	}
	if text := out.String(); !strings.Contains(text, "All rounds") || !strings.Contains(text, " ratio ") || strings.Contains(text, "\r") {
		t.Errorf("printed\n%s", text)
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// Another broker that fails is shown as failed; ours fails the command.
func TestBenchAgainstFailing(t *testing.T) {
	for _, tt := range []struct {
		ours, other string
		want        int
	}{
		{"busrt server -B {sock}", "busrt {sock}", exitDone},
		{"busrt {sock}", "busrt server -B {sock}", exitUnconnected},
	} {
		var out bytes.Buffer
		err := run(t.Context(), []string{
			"busrt", "bench", "against", "--ours", tt.ours, tt.other, "--stage", "rpc.call", "--count", "100", "--warm-up", "0", "--rounds", "1",
		}, stdio{out: &out, err: &out})
		if code := exit(stdio{err: &bytes.Buffer{}}, err); code != tt.want || !strings.Contains(out.String(), "round 1 failed") ||
			!strings.Contains(out.String(), "a command is missing behind") {
			t.Errorf("%s: exit code %d, %v:\n%s", tt.ours, code, err, out.String())
		}
	}
}

// A signal ends the brokers, and what there is is kept.
func TestBenchAgainstInterrupted(t *testing.T) {
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "out.json")
	p := launch(t, t.TempDir(), []string{"TMPDIR=" + dir}, "busrt", "bench", "against", "busrt server -B {sock}", "--stage", "pair",
		"--duration", patience.String(), "--warm-up", "0", "--rounds", "1", "-o", file)
	broker := 0
	for late := time.After(patience); broker == 0; {
		sockets, _ := filepath.Glob(filepath.Join(dir, "*", "b.sock"))
		for _, socket := range sockets {
			if found, err := bench.Listening(t.Context(), socket); err == nil {
				broker = found.PID()
			}
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-late:
			t.Fatal("no broker")
		}
	}
	p.signal(syscall.SIGINT)
	p.wantExit(exitSignal + int(syscall.SIGINT))
	if err := syscall.Kill(broker, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the broker, process %d, is still there: %v", broker, err)
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	if r, err := fromFile(file); err != nil || r.Complete {
		t.Errorf("%+v: %v", r, err)
	}
}

// Our own server under load, in each form of output and in this process too.
func TestBenchRun(t *testing.T) {
	address, group := local(t)
	for format, want := range map[string]string{
		"table": "broker CPU", "json": `"format": "busrt-bench/1"`, "csv": "broker-ns/op", "go": "BenchmarkBus/stage=rpc.call/workers=2-", "hgrm": "Percentile",
	} {
		for _, where := range []string{address, "--embedded"} {
			var out bytes.Buffer
			err := run(t.Context(), []string{
				"busrt", "bench", "run", where, "--format", format, "--count", "1000", "--warm-up", "1ms", "--repeat", "2", "rpc.call/workers=2",
				"send+recv.qos.no",
			}, stdio{out: &out, err: &out})
			if err != nil || !strings.Contains(out.String(), want) {
				t.Errorf("%s, %s: %v\n%s", where, format, err, out.String())
			}
		}
	}
	// A broker that ends in the middle is a failure, and what came before is printed.
	var out bytes.Buffer
	time.AfterFunc(300*time.Millisecond, func() { kill(group) })
	err := run(t.Context(), []string{"busrt", "bench", "run", address, "--duration", patience.String(), "--warm-up", "0", "pair"}, stdio{out: &out, err: &out})
	if code := exit(stdio{err: &bytes.Buffer{}}, err); code != exitFailed || !strings.Contains(out.String(), "INCOMPLETE") {
		t.Errorf("exit code %d, %v:\n%s", code, err, out.String())
	}
}
