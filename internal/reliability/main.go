// Command reliability holds the broker to its promises for as long as one likes:
// clients that are killed and come again, strangers that send rubbish or next to
// nothing, descriptors that run out, and long runs. docs/reliability.md says
// which promise is held by what; scripts/reliability and scripts/soak run it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/busrt-go/busrt/engine"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// trial is a promise that is put to the test.
type trial struct {
	name string
	run  func(ctx context.Context, dir string) (figures string, err error)
}

// size is how much is asked of a broker.
type size struct {
	frames, strangers, handshakes int
	large                         int           // frames of 1 MiB
	queue                         int           // frames; 0: the broker's default
	length                        time.Duration // of what is looked at for a while
	slowQueue                     int           // bytes, for a subscriber that stops reading
	timeout                       time.Duration
	timed                         bool // on a machine with nothing else to do
}

var (
	full = size{
		frames: 1_000_000, strangers: 20_000, handshakes: 1000, queue: 2048, large: 500,
		timeout: 5 * time.Second, length: 30 * time.Second, slowQueue: engine.DefaultQueueBytes, timed: true,
	}
	short = size{
		frames: 20_000, strangers: 500, handshakes: 100, large: 40,
		timeout: time.Second, length: time.Second, slowQueue: 1 << 20,
	}
)

// trials are all but the soak.
func trials(s size, seed uint64) []trial {
	return []trial{
		{"chaos", func(ctx context.Context, dir string) (string, error) {
			return (&chaos{frames: s.frames, killed: 32, queue: s.queue, dir: dir}).run(ctx)
		}},
		{"rubbish", rubbish{streams: s.strangers, seed: seed, timed: s.timed}.run},
		{"drip", drip{handshakes: s.handshakes, honest: 200, timeout: s.timeout, timed: s.timed}.run},
		{"headers", headers{clients: s.handshakes, timeout: s.timeout}.run},
		{"descriptors", descriptors{limit: 256, connects: 400, watch: s.timeout, timed: s.timed}.run},
		{"stalled", stalled{length: s.length, queue: s.slowQueue, timeout: s.timeout, timed: s.timed}.run},
		{"memory", memory{length: s.length, timed: s.timed}.run},
		{"large", large{frames: s.large}.run},
	}
}

// run runs what args name: trials, all without a name; the broker of one; or the
// soak.
func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) == 2 && args[0] == serveArg {
		var o server
		if err := json.Unmarshal([]byte(args[1]), &o); err != nil {
			return err
		}
		return o.serve(ctx, in, out)
	}
	if len(args) > 0 && args[0] == soakArg {
		return runSoak(ctx, args[1:], out)
	}
	set := flag.NewFlagSet("reliability", flag.ContinueOnError)
	frames := set.Int("frames", full.frames, "of chaos that are to be acknowledged")
	seed := set.Uint64("seed", uint64(time.Now().UnixNano()), "of what strangers send")
	if err := set.Parse(args); err != nil {
		return err
	}
	s := full
	s.frames = *frames
	heading(out, fmt.Sprintf("scripts/reliability -frames %d -seed %d %s", *frames, *seed, strings.Join(set.Args(), " ")))
	broken := 0
	for _, t := range trials(s, *seed) {
		if set.NArg() == 0 || slices.Contains(set.Args(), t.name) {
			if !t.report(ctx, out) {
				broken++
			}
		}
	}
	if broken > 0 {
		return fmt.Errorf("reliability: %d promises are broken", broken)
	}
	return nil
}

const soakArg = "soak"

func runSoak(ctx context.Context, args []string, out io.Writer) error {
	set := flag.NewFlagSet(soakArg, flag.ContinueOnError)
	minutes := set.Float64("minutes", 20, "how long it takes")
	if err := set.Parse(args); err != nil {
		return err
	}
	length := time.Duration(*minutes * float64(time.Minute))
	heading(out, fmt.Sprintf("scripts/soak --minutes %v", *minutes))
	s := &soak{length: length, peak: 10 * time.Second, timed: length >= 2*time.Minute, out: os.Stderr}
	if t := (trial{soakArg, s.run}); !t.report(ctx, out) {
		return errors.New("reliability: the soak has found something")
	}
	return nil
}

// heading begins a table of figures as docs/reliability.md has them.
func heading(out io.Writer, command string) {
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease") // none elsewhere
	kernel, _, _ := strings.Cut(string(release), "-")
	_, _ = fmt.Fprintf(out, "`%s`, %s, %s %s, %s, %d cores:\n\n| trial | promise | took | measured |\n|---|---|---|---|\n",
		strings.TrimSpace(command), time.Now().Format(time.DateOnly), runtime.GOOS, strings.TrimSpace(kernel), runtime.Version(), runtime.NumCPU())
}

// report runs the trial and prints its row of the table.
func (t trial) report(ctx context.Context, out io.Writer) (kept bool) {
	dir, err := os.MkdirTemp("", "reliability.")
	if err != nil {
		_, _ = fmt.Fprintln(out, err)
		return false
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, stop := context.WithCancel(ctx) // and with it brokers that a fault left
	defer stop()
	begun := time.Now()
	figures, err := t.run(ctx, dir)
	verdict := "kept"
	if err != nil {
		verdict = "**broken**: " + strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	_, _ = fmt.Fprintf(out, "| `%s` | %s | %.1f s | %s |\n", t.name, verdict, time.Since(begun).Seconds(), figures)
	return err == nil
}
