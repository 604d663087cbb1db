package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/listeners"
)

// local starts a broker in the test's process.
func local(t *testing.T) (address string, group *listeners.Group) {
	t.Helper()
	address = filepath.Join(t.TempDir(), "b.sock")
	group, err := demoBroker(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(group) })
	return address, group
}

// kill ends a broker without any regard for its clients.
func kill(group *listeners.Group) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = group.Shutdown(ctx) // says that clients were cut short
}

// runBenchmark runs the command with args.
func runBenchmark(ctx context.Context, out io.Writer, address string, args ...string) error {
	cmd := newBenchmarkCommand(func() (string, client.Options, error) { return address, client.Options{Name: "load"}, nil })
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetFlagErrorFunc(flagError)
	cmd.SetOut(out)
	cmd.SetArgs(args)
	return cmd.ExecuteContext(ctx)
}

const benchmarkLines = `Starting benchmark, 3 worker(s), 1_000 iters, 333 iters/worker, 1_024 byte(s) payload
!!! stage started: rpc.call 
*** stage completed: rpc.call (1_000 iters, 0.000 secs)
!!! stage started: rpc.call+handle 
*** stage completed: rpc.call+handle (1_000 iters, 0.000 secs)
!!! stage started: rpc.call0 
*** stage completed: rpc.call0 (1_000 iters, 0.000 secs)
!!! stage started: send.qos.no 
*** stage completed: send.qos.no (1_000 iters, 0.000 secs)
!!! stage started: send.qos.processed 
*** stage completed: send.qos.processed (1_000 iters, 0.000 secs)
!!! stage started: send+recv.qos.no 
*** stage completed: send+recv.qos.no (1_000 iters, 0.000 secs)
!!! stage started: send+recv.qos.processed 
*** stage completed: send+recv.qos.processed (1_000 iters, 0.000 secs)
--- Benchmark results ------------------
 stage                    iters  `

// The lines of the reference; then its table, in the order of the names.
func TestBenchmarkOutput(t *testing.T) {
	address, _ := local(t)
	var out bytes.Buffer
	err := runBenchmark(t.Context(), &out, address, "-w", "3", "--iters=1000", "--payload-size", "1024", "--no-warm-up")
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`\d+\.\d{3} secs`).ReplaceAllString(out.String(), "0.000 secs")
	if !strings.HasPrefix(text, benchmarkLines) {
		t.Fatalf("got\n%s\nwant\n%s", text, benchmarkLines)
	}
	got := rows(t, out.String())
	want := []string{
		"rpc.call", "rpc.call+handle", "rpc.call0", "send+recv.qos.no", "send+recv.qos.processed", "send.qos.no", "send.qos.processed",
	}
	if !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
}

// rows gives the names of the rows of the table in out, having looked at the
// figures.
func rows(t *testing.T, out string) (names []string) {
	t.Helper()
	_, table, _ := strings.Cut(out, "--- Benchmark results ------------------\n")
	lines := strings.Split(strings.TrimSuffix(table, "\n"), "\n")
	if len(lines) < 2 || strings.Trim(lines[1], "-") != "" || len(lines[1]) != len(lines[0]) {
		t.Fatalf("no table in\n%s", out)
	}
	row := regexp.MustCompile(`^ (\S+) +([\d_]+) +(\d+\.\d{3}) +(\d+\.\d{3}) +([\d_]+) *$`)
	for _, line := range lines[2:] {
		cells := row.FindStringSubmatch(line)
		if cells == nil || len(line) != len(lines[0]) {
			t.Fatalf("row %q", line)
		}
		iters, _ := strconv.ParseFloat(strings.ReplaceAll(cells[2], "_", ""), 64)
		msecs, _ := strconv.ParseFloat(cells[4], 64)
		rate, _ := strconv.ParseFloat(strings.ReplaceAll(cells[5], "_", ""), 64)
		if exact := iters / (msecs / 1e3); msecs > 1 && (rate < exact*0.99 || rate > exact*1.01) {
			t.Errorf("%s: %g iterations in %g ms are not %g per second", cells[1], iters, msecs, rate)
		}
		names = append(names, cells[1])
	}
	return names
}

func TestBenchmarkWarmUp(t *testing.T) {
	var out bytes.Buffer
	b := benchmark{warmUpTime: 10 * time.Millisecond, out: &out}
	start := time.Now()
	b.warmUp(t.Context())
	if d := time.Since(start); d < b.warmUpTime || out.String() != "warming up\nCPU has been warmed up\n" {
		t.Errorf("%v: %q", d, out.String())
	}
}

func TestBenchmarkStages(t *testing.T) {
	address, _ := local(t)
	var out bytes.Buffer
	if err := runBenchmark(t.Context(), &out, address, "--stage=pair", "--stage=rpc.call0", "-i100", "--no-warm-up"); err != nil {
		t.Fatal(err)
	}
	if got, want := rows(t, out.String()), []string{"pair", "rpc.call0"}; !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
}

// trigger does something once a text is written.
type trigger struct {
	bytes.Buffer
	text string
	do   func()
}

func (w *trigger) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(w.text)) {
		w.do()
	}
	return w.Buffer.Write(b)
}

// What was measured before a failure is shown, and the failure is an error.
func TestBenchmarkBrokerDies(t *testing.T) {
	address, group := local(t)
	out := &trigger{text: "stage started: send.qos.no", do: func() { kill(group) }}
	err := runBenchmark(t.Context(), out, address, "-i", "1000", "--no-warm-up")
	if err == nil {
		t.Error("no error without a broker")
	}
	if got, want := rows(t, out.String()), []string{"rpc.call", "rpc.call+handle", "rpc.call0"}; !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
}

func TestBenchmarkInterrupted(t *testing.T) {
	address, _ := local(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	out := &trigger{text: "stage started: rpc.call+handle", do: func() { cancel(interrupted) }}
	if err := runBenchmark(ctx, out, address, "--no-warm-up", "-i", "1000", "-w", "2"); !errors.Is(err, interrupted) {
		t.Errorf("error %v", err)
	}
	if got, want := rows(t, out.String()), []string{"rpc.call"}; !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
}

func TestBenchmarkWithoutBroker(t *testing.T) {
	var out bytes.Buffer
	if err := runBenchmark(t.Context(), &out, filepath.Join(t.TempDir(), "b.sock")); err == nil {
		t.Error("no error")
	}
	if strings.Contains(out.String(), "warming up") {
		t.Error("it warmed up for nothing")
	}
}

func TestBenchmarkUsage(t *testing.T) {
	for _, args := range []string{
		"-w 0", "--workers=-1", "-i 0", "-i 1 -w 2", "--payload-size -1", "--payload-size 5000000000", "--stage nonsense", "-w 1 -w 2",
		"word",
	} {
		err := runBenchmark(t.Context(), io.Discard, "nowhere.sock", strings.Fields(args)...)
		if coded, ok := errors.AsType[*codedError](err); !ok || coded.code != exitUsage {
			t.Errorf("%s: %v", args, err)
		}
	}
}

// The result is lost if it cannot be written.
func TestBenchmarkCannotWrite(t *testing.T) {
	address, _ := local(t)
	full, in := io.Pipe()
	_ = full.Close()
	if err := runBenchmark(t.Context(), in, address, "-i", "10", "--no-warm-up"); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("error %v", err)
	}
}
