package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// docs/cli.md, section 7: the reference's defaults, but for the loops.
func TestServerDefaults(t *testing.T) {
	o := newServerOptions()
	want := serverOptions{timeout: 5 * time.Second, queueFrames: 8192, bufSize: 16384, bufTTL: 10, logFormat: "auto"}
	want.loops = min(max(1, runtime.NumCPU()/2), 4)
	if fmt.Sprint(*o) != fmt.Sprint(want) {
		t.Errorf("defaults %+v, want %+v", *o, want)
	}
}

func TestServerFlags(t *testing.T) {
	parse := func(args ...string) serverOptions {
		t.Helper()
		o := newServerOptions()
		fs := pflag.NewFlagSet("", pflag.ContinueOnError)
		o.define(fs)
		if err := fs.Parse(args); err != nil {
			t.Fatal(err)
		}
		return *o
	}
	want := serverOptions{
		bind: []string{"a,b.sock", "c.sock"}, pidFile: "p", verbose: true, forceRegister: true, daemon: true, syslog: true,
		loops: 3, timeout: 1500 * time.Millisecond, queueFrames: 9, bufSize: 1, bufTTL: 0, logFormat: "auto",
	}
	forms := map[string]string{
		"long":      "--bind a,b.sock --bind=c.sock --pid-file p --verbose --force-register -D --log-syslog -w 3 -t 1.5 --queue-size 9 --buf-size 1 --buf-ttl 0",
		"short":     "-B a,b.sock -B c.sock -P p --verbose --force-register -D --log-syslog -w3 -t1.5 --queue-size=9 --buf-size=1 --buf-ttl=0",
		"with an =": "-B=a,b.sock -B=c.sock -P=p --verbose=true --force-register -D --log-syslog -w=3 -t=1.5 --queue-size 09 --buf-size 1 --buf-ttl 0",
	}
	for name, args := range forms {
		if got := parse(strings.Fields(args)...); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}

	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	o := newServerOptions()
	o.define(fs)
	if err := fs.Parse(strings.Fields(forms["short"])); err != nil {
		t.Fatal(err)
	}
	c, err := loadConfig(o.loader(fs, nil), false)
	if err != nil {
		t.Fatal(err)
	}
	if e := c.Engine(); e.Timeout != want.timeout || e.QueueFrames != 9 || !e.ForceRegister || c.Broker.Loops != 3 || c.Level() != slog.LevelDebug ||
		c.Broker.PIDFile != "p" || !c.Log.Syslog || len(c.Listen) != 2 || c.Listen[0].URL != "a,b.sock" {
		t.Errorf("they make %s", c.Show())
	}
	if got := parse("-t", ".25").timeout; got != 250*time.Millisecond {
		t.Errorf("-t .25 is %v", got)
	}
}

func TestHelpNamesEveryFlag(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"busrtd", "--help"}, stdio{out: &out, err: &out}); err != nil {
		t.Fatal(err)
	}
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	newServerOptions().define(fs)
	fs.VisitAll(func(f *pflag.Flag) {
		name := "--" + f.Name + " "
		if len(f.Name) == 1 {
			name = "  -" + f.Name + " "
		}
		if !strings.Contains(out.String(), name) {
			t.Errorf("no word about %s in\n%s", name, &out)
		}
	})
}
