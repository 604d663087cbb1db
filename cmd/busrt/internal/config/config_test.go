package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// load reads a text as the file busrt.toml.
func load(t *testing.T, text string, environ ...string) (*Config, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("busrt.toml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return (&Loader{Path: "busrt.toml", Environ: environ}).Load()
}

// Broken configurations: each is answered with file, line, key, and what to
// write instead.
func TestBroken(t *testing.T) {
	for _, tc := range []struct{ name, text, place, key, text2, advice string }{
		{"table", "[brokr]\nloops = 1", "busrt.toml:1", "brokr", "no such key", "write broker"},
		{"key", "[broker]\ntimout = \"5s\"", "busrt.toml:2", "broker.timout", "no such key", "write timeout"},
		{"key of a listener", "\n[[listen]]\nurl = \"b.sock\"\nmodes = \"0660\"", "busrt.toml:4", "listen.modes", "no such key", "write mode"},
		{"key of a client", "[clients.\"A.b\"]\npublsh = []", "busrt.toml:2", `clients."A.b".publsh`, "no such key", "write publish"},
		{"syntax", "[broker]\nloops = ", "busrt.toml:2", "", "", "write KEY = VALUE"},
		{"unfinished text", "[log]\nlevel = \"info", "busrt.toml:2", "", "", "write KEY = VALUE"},
		{"twice", "[broker]\nloops = 1\nloops = 2", "busrt.toml:3", "broker.loops", "", "write it once"},
		{"type", "[broker]\nloops = \"two\"", "busrt.toml:2", "broker.loops", "something else", "write a number such as 1"},
		{"type of a list", "[clients.a]\npublish = \"news/#\"", "busrt.toml:2", "clients.a.publish", "something else", `write a list such as ["news/#"]`},
		{"one table of many", "[listen]\nurl = \"b.sock\"", "busrt.toml:1", "listen", "list of tables", "write [[listen]]"},
		{"time", "[broker]\ntimeout = \"5 parsecs\"", "busrt.toml:2", "broker.timeout", `"5 parsecs"`, `write a time such as "5s"`},
		{"negative time", "[broker]\ntimeout = -1", "busrt.toml:2", "broker.timeout", "-1s is not more", `write a time such as "5s"`},
		{"size", "[broker]\nmax_frame = \"16 megs\"", "busrt.toml:2", "broker.max_frame", `"16 megs"`, "write a size such as"},
		{"loops", "[broker]\nloops = 100", "busrt.toml:2", "broker.loops", "100 event loops", "write 1 to 62"},
		{"queue", "[broker]\nqueue_frames = 0", "busrt.toml:2", "broker.queue_frames", "queue of 0 frames", "write 1 to"},
		{"frame", "[broker]\nmax_frame = \"8GiB\"", "busrt.toml:2", "broker.max_frame", "frame limit", "write 1 to"},
		{"policy", "[broker]\nslow = \"drop_new\"", "busrt.toml:2", "broker.slow", `"drop_new"`, `write "drop-new"`},
		{"policy of an address", "[[listen]]\nurl = \"b.sock\"\nslow = \"disconect\"", "busrt.toml:3", "listen[0].slow", `"disconect"`, `write "disconnect"`},
		{"policy of a client", "[clients.\"A.b\"]\nslow = \"block\"", "busrt.toml:2", `clients."A.b".slow`, `"block"`, "write one of pause, disconnect, drop-new"},
		{"rate", "[broker]\nframe_rate = -1", "busrt.toml:2", "broker.frame_rate", "-1 frames a second", "write 1 at least, or 0"},
		{"rate as a text", "[clients.a]\nframe_rate = \"10/s\"", "busrt.toml:2", "clients.a.frame_rate", "something else", "write a number such as 100"},
		{"no queue", "[[listen]]\nurl = \"b.sock\"\nqueue_frames = 0", "busrt.toml:3", "listen[0].queue_frames", "queue of 0 frames", "write 1 to"},
		{"memory without a unit", "[broker]\nmax_memory = \"2G\"", "busrt.toml:2", "broker.max_memory", `"2G"`, "write a size such as 65536"},
		{"size of a client", "[clients.a]\nqueue_bytes = \"1MB\"", "busrt.toml:2", "clients.a.queue_bytes", `"1MB"`, "write a size such as 65536"},
		{"time of a client", "[clients.a]\ntimeout = \"soon\"", "busrt.toml:2", "clients.a.timeout", `"soon"`, `write a time such as "30s"`},
		{"connections", "[broker]\nmax_connections = 0", "busrt.toml:2", "broker.max_connections", "limit of 0 connections", "write 1 at least"},
		{"name", "[broker]\nmax_name = 70000", "busrt.toml:2", "broker.max_name", "70000 bytes", "write 1 to 65535"},
		{"key of a limit", "[broker]\nmax_subscription = 1", "busrt.toml:2", "broker.max_subscription", "no such key", "write max_subscriptions"},
		{"rate of a FIFO", "[[listen]]\nurl = \"fifo:in\"\nframe_rate = 1", "busrt.toml:3", "listen[0].frame_rate", "a FIFO has none", "leave it out"},
		{"no url", "[[listen]]\nmode = \"0660\"", "busrt.toml:1", "listen[0]", "url is missing", "write url ="},
		{"no address", "[[listen]]\nurl = \"somewhere\"", "busrt.toml:2", "listen[0].url", "not a unix path", "write a path"},
		{"same address", "[[listen]]\nurl = \"b.sock\"\n[[listen]]\nurl = \"b.sock\"", "busrt.toml:4", "listen[1].url", "listen[0]", "write each address once"},
		{"mode", "[[listen]]\nurl = \"b.sock\"\nmode = \"rw\"", "busrt.toml:3", "listen[0].mode", `"rw"`, `write permissions such as "0660"`},
		{"decimal mode", "[[listen]]\nurl = \"b.sock\"\nmode = 660", "busrt.toml:3", "listen[0].mode", `"660"`, `write permissions such as "0660"`},
		{"owner of a port", "[[listen]]\nurl = \"127.0.0.1:0\"\nowner = \"root\"", "busrt.toml:3", "listen[0].owner", "for unix sockets", "leave it out"},
		{"user", "[[listen]]\nurl = \"b.sock\"\nowner = \"nobody-at-all\"", "busrt.toml:1", "listen[0]", `user "nobody-at-all"`, ""},
		{"no certificate", "[[listen]]\nurl = \"tls://:7777\"", "busrt.toml:1", "listen[0]", "wants a certificate", "write tls ="},
		{"half a certificate", "[[listen]]\nurl = \"tls://:7777\"\ntls.cert = \"c\"", "busrt.toml:3", "listen[0].tls", "for each other", "write cert ="},
		{"certificate gone", "[[listen]]\nurl = \"tls://:7777\"\n[listen.tls]\ncert = \"c\"\nkey = \"k\"", "busrt.toml:3", "listen[0].tls", "no such file", "write the paths"},
		{"TLS for a path", "[[listen]]\nurl = \"b.sock\"\ntls = {cert = \"c\", key = \"k\"}", "busrt.toml:3", "listen[0].tls", "for tls:// and wss://", "leave it out"},
		{"tokens for a port", "[[listen]]\nurl = \"127.0.0.1:0\"\ntokens = [{token = \"hush\"}]", "busrt.toml:3", "listen[0].tokens", "for ws:// and wss://", "leave it out"},
		{"token file gone", "[[listen]]\nurl = \"ws://127.0.0.1:0\"\ntoken_file = \"t\"", "busrt.toml:3", "listen[0].token_file", "no such file", "write a token a line"},
		{"timeout of a FIFO", "[[listen]]\nurl = \"fifo:in\"\ntimeout = 1", "busrt.toml:3", "listen[0].timeout", "a FIFO has none", "leave it out"},
		{"map without clients", "[[listen]]\nurl = \"b.sock\"\naaa = true", "busrt.toml:3", "listen[0].aaa", "no table [clients]", `write [clients."NAME"]`},
		{"name", "[clients.\"a%%b\"]\nadmin = true", "busrt.toml:1", `clients."a%%b"`, "no client has", "write a name without"},
		{"network", "[clients.a]\nhosts = [\"10.0.0.0/99\"]", "busrt.toml:2", "clients.a.hosts", "10.0.0.0/99", "write addresses and networks"},
		{"mask", "[clients.a]\npublish = [\"news/#/x\"]", "busrt.toml:2", "clients.a.publish", "nothing may follow #", "write topics"},
		{"user id", "[clients.a]\nuids = [-1]", "busrt.toml:2", "clients.a.uids", "something else", "write a list such as [0, 1000]"},
		{"open admin", "[admin]\nlisten = \"0.0.0.0:9099\"", "busrt.toml:2", "admin.listen", "from other machines", `write "127.0.0.1:9099"`},
		{"admin address", "[admin]\nlisten = \"9099\"", "busrt.toml:2", "admin.listen", "no address", "write a path, or"},
		{"pprof nowhere", "[admin]\npprof = true", "busrt.toml:2", "admin.pprof", "there is none", "write listen ="},
		{"series", "[metrics]\nclients = 100000", "busrt.toml:2", "metrics.clients", "100000 clients", "write 0 to 10000"},
		{"level", "[log]\nlevel = \"loud\"", "busrt.toml:2", "log.level", `"loud"`, "write one of debug, info"},
		{"format", "[log]\nformat = \"xml\"", "busrt.toml:2", "log.format", `"xml"`, "write one of auto, text"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := load(t, tc.text)
			ps, ok := err.(Problems) //nolint:errorlint // not wrapped
			if !ok || len(ps) != 1 {
				t.Fatalf("%v", err)
			}
			p := ps[0]
			if p.Origin.place() != tc.place || p.Key != tc.key || !strings.Contains(p.Text, tc.text2) || !strings.HasPrefix(p.Advice, tc.advice) {
				t.Errorf("%s\nplace %q key %q text %q advice %q", err, p.Origin.place(), p.Key, p.Text, p.Advice)
			}
			line := strings.Split(tc.text, "\n")[p.Origin.Line-1]
			if tc.name != "tokens for a port" && !strings.Contains(err.Error(), "| "+line) {
				t.Errorf("no excerpt in\n%v", err)
			}
			if strings.Contains(err.Error(), "hush") {
				t.Errorf("a secret in\n%v", err)
			}
		})
	}
}

// All problems are told at once, in the order of the file.
func TestManyProblems(t *testing.T) {
	_, err := load(t, "[log]\nlevel = \"loud\"\n[broker]\ntimeout = -1\n[[listen]]\n")
	if ps, _ := err.(Problems); len(ps) != 3 || ps[0].Key != "log.level" || ps[2].Key != "listen[0]" { //nolint:errorlint // not wrapped
		t.Errorf("%v", err)
	}
}

// The environment is checked as the file is.
func TestEnvironment(t *testing.T) {
	c, err := load(t, "[broker]\ntimeout = \"1s\"\nloops = 2\n[[listen]]\nurl = \"a.sock\"",
		"BUSRT_BROKER_TIMEOUT=2s", "BUSRT_LISTEN=b.sock c.sock", "BUSRT_LOG_LEVEL=debug", "BUSRT_METRICS_ENABLED=false", "BUSRT_TOKEN=other program's",
		"BUSRT_BROKER_FRAME_RATE=7", "BUSRT_BROKER_SLOW=drop-new", "BUSRT_BROKER_MAX_MEMORY=1GiB")
	if err != nil {
		t.Fatal(err)
	}
	if c.Broker.Timeout.String() != "2s" || c.Broker.Loops != 2 || len(c.Listen) != 2 || c.Listen[1].URL != "c.sock" || c.Metrics.Enabled ||
		*c.Broker.FrameRate != 7 || c.Broker.Slow != "drop-new" || c.Broker.MaxMemory.Bytes != 1<<30 {
		t.Errorf("%+v", c)
	}
	for path, want := range map[string]string{
		"broker.timeout": "BUSRT_BROKER_TIMEOUT", "broker.frame_rate": "BUSRT_BROKER_FRAME_RATE", "broker.loops": "busrt.toml:3", "broker.queue_frames": "default", "listen[1].url": "BUSRT_LISTEN",
	} {
		if got := c.Origin(path).String(); got != want {
			t.Errorf("%s is from %s, want %s", path, got, want)
		}
	}
	for variable, want := range map[string]string{
		"BUSRT_BROKER_TIMEOUT=soon":  `busrt: BUSRT_BROKER_TIMEOUT: broker.timeout: "soon" is something else than what this key takes; write a time such as "5s"`,
		"BUSRT_BROKER_TIMOUT=1s":     "busrt: BUSRT_BROKER_TIMOUT: there is no such variable; write BUSRT_BROKER_TIMEOUT",
		"BUSRT_BROKER_SLOW=dropnew":  `busrt: BUSRT_BROKER_SLOW: broker.slow: "dropnew" is not known; write "drop-new"`,
		"BUSRT_BROKER_FRAME_RATE=-1": `busrt: BUSRT_BROKER_FRAME_RATE: broker.frame_rate: -1 frames a second; write 1 at least, or 0 for any number`,
		"BUSRT_LOG_LEVEL=loud":       `busrt: BUSRT_LOG_LEVEL: log.level: "loud" is not known; write one of debug, info, warn, error`,
	} {
		if _, err := load(t, "", variable); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", variable, err, want)
		}
	}
}

// A flag wins over all; -B takes the place of all addresses.
func TestFlags(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f.toml")
	if err := os.WriteFile(file, []byte("[broker]\ntimeout = 1\n[[listen]]\nurl = \"a.sock\""), 0o600); err != nil {
		t.Fatal(err)
	}
	l := Loader{Path: file, Environ: []string{"BUSRT_BROKER_TIMEOUT=2s"}, Flags: []Flag{
		{Name: "-t", Key: "broker.timeout", Value: "3"}, {Name: "-B", Bind: &Listen{URL: "b.sock"}}, {Name: "-B", Bind: &Listen{URL: "c.sock"}},
	}}
	c, err := l.Load()
	if err != nil {
		t.Fatal(err)
	}
	if c.Broker.Timeout.String() != "3s" || len(c.Listen) != 2 || c.Origin("broker.timeout").String() != "-t" || c.Origin("listen[0].url").String() != "-B" {
		t.Errorf("%s", c.Show())
	}
}

// What config show writes hides secrets and keeps names as they are.
func TestShow(t *testing.T) {
	c, err := load(t, "[[listen]]\nurl = \"ws://127.0.0.1:0\"\ntokens = [{token = \"hush\", names = [\"A\"]}]\n[clients.\"Some.Name\"]\npublish = []\nuids = [1, 2]")
	if err != nil {
		t.Fatal(err)
	}
	got := c.Show()
	for _, want := range []string{
		`listen[0].tokens[0].token = "***"`, `clients."Some.Name".publish = []`, `clients."Some.Name".uids = [1, 2]`, "# busrt.toml:5\n", "broker.loops = ", "# default\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "hush") {
		t.Errorf("a secret in\n%s", got)
	}
}

// The sample is a configuration, and so it is with all comments taken away.
func TestSample(t *testing.T) {
	if _, err := load(t, Sample("b.sock")); err != nil {
		t.Error(err)
	}
	var all []string
	for line := range strings.Lines(Sample("wss://127.0.0.1:0")) {
		if rest, ok := strings.CutPrefix(line, "#"); ok && !strings.HasPrefix(rest, " ") {
			line = rest
		}
		all = append(all, line)
	}
	c := Default()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("all.toml", []byte(strings.Join(all, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.readFile("all.toml", nil, false); err != nil {
		t.Fatal(err)
	}
	// Whatever has a default shows that default.
	for _, v := range Default().Values() {
		k, _ := find(v.Path)
		if v.Text != k.sample && v.Text != `""` && !strings.Contains(k.text, "Default: ") {
			t.Errorf("%s: the sample is %s, the default %s", v.Path, k.sample, v.Text)
		}
	}
}

// Every field has a key and the other way round.
func TestKeys(t *testing.T) {
	known := map[string]bool{}
	for _, k := range keys {
		known[k.path] = true
		if fieldType(k.path) == nil {
			t.Errorf("there is no field for %s", k.path)
		}
	}
	var look func(reflect.Type, string)
	look = func(ft reflect.Type, path string) {
		_, leaf := reflect.TypeAssert[malformed](reflect.New(ft))
		switch {
		case leaf:
		case ft.Kind() == reflect.Map:
			look(ft.Elem(), path+".NAME")
			return
		case ft.Kind() == reflect.Slice && ft.Elem().Kind() == reflect.Struct:
			look(ft.Elem(), path)
			return
		case ft.Kind() == reflect.Struct:
			for _, f := range reflect.VisibleFields(ft) {
				if name := f.Tag.Get("toml"); name != "" {
					look(f.Type, strings.TrimPrefix(path+"."+name, "."))
				}
			}
			return
		}
		if !known[path] {
			t.Errorf("no word about %s", path)
		}
	}
	look(reflect.TypeFor[Config](), "")
}

// docs/configuration.md has a row for each key.
func TestConfigurationPage(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		reload := "start"
		if k.reload {
			reload = "reload"
		}
		row := "| `" + k.path + "` | `" + strings.ReplaceAll(k.sample, "|", `\|`) + "` | " + reload + " | " + k.text + " |\n"
		if !strings.Contains(string(page), row) {
			t.Errorf("missing:\n%s", row)
		}
	}
	if got := strings.Count(string(page), "| reload |") + strings.Count(string(page), "| start |"); got != len(keys) {
		t.Errorf("%d rows for %d keys", got, len(keys))
	}
}
