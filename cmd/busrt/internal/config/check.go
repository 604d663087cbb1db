package config

import (
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/busrt-go/busrt/engine"
)

// checker collects what is wrong with a configuration.
type checker struct {
	*Config
	found Problems
}

// check finds what reading cannot. It touches no file but those that hold keys
// and tokens, and looks up users and groups.
func (c *Config) check() Problems {
	k := &checker{Config: c}
	k.values(reflect.ValueOf(c).Elem(), "")
	if len(k.found) == 0 {
		k.broker()
		k.listens()
		k.clients()
		k.admin()
		k.log()
	}
	slices.SortStableFunc(k.found, func(a, b Problem) int { return a.Origin.Line - b.Origin.Line })
	return k.found
}

// wrong adds a problem.
func (k *checker) wrong(path, advice, format string, args ...any) {
	p := Problem{Origin: k.near(path), Key: path, Text: fmt.Sprintf(format, args...), Advice: advice}
	if p.Origin.Kind == FromFile && k.source != nil {
		p.excerpt = hideSecrets(k.source.excerpt(p.Origin.Line))
	}
	k.found = append(k.found, p)
}

// failed adds the problem of an error, which may say what is wanted.
func (k *checker) failed(path string, err error) {
	if err == nil {
		return
	}
	text, advice, ok := strings.Cut(strings.TrimPrefix(err.Error(), "busrt: "), ": want ")
	if ok {
		advice = "write " + advice
	}
	k.wrong(path, advice, "%s", text)
}

// values finds texts that are no value of their type.
func (k *checker) values(v reflect.Value, path string) {
	if m, ok := reflect.TypeAssert[malformed](v); ok {
		if m.malformed() != "" {
			k.wrong(path, "write "+want(path), "%q is something else than what this key takes", m.malformed())
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for f, field := range v.Fields() {
			if f.Anonymous {
				k.values(field, path)
			} else if name := f.Tag.Get("toml"); name != "" {
				k.values(field, join(path, name))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			k.values(v.Index(i), path+"["+strconv.Itoa(i)+"]")
		}
	case reflect.Map:
		for name, client := range k.Clients {
			k.values(reflect.ValueOf(client), join(path, name))
		}
	default:
	}
}

func (k *checker) broker() {
	k.limits("broker", &k.Broker.Limits)
	k.bounds()
	if k.Broker.StallTime.Duration == 0 {
		k.wrong("broker.stall_time", `write a time such as "100ms", or "-1s" for no flow control`, "0 is no time to wait")
	}
}

func positive(d Duration) error {
	if d.Duration <= 0 {
		return fmt.Errorf("%v is not more than nothing: want a time such as \"5s\"", d)
	}
	return nil
}

func (k *checker) clients() {
	entries, problems := k.entries()
	for _, p := range problems {
		k.wrong(p.Key, p.Advice, "%s", p.Text)
	}
	probe := engine.NewAAAMap()
	for name := range entries {
		limits := k.Clients[name].Limits
		k.limits(join("clients", name), &limits)
		if err := probe.Set(name, engine.FullAccess()); err != nil {
			k.wrong(join("clients", name), "write a name without *, ?, #, + and %%", "no client has such a name")
		}
	}
}

func (k *checker) admin() {
	a := k.Admin
	if a.Listen != "" && !IsPath(a.Listen) {
		host, port, err := net.SplitHostPort(a.Listen)
		_, number := strconv.ParseUint(port, 10, 16)
		addr, _ := netip.ParseAddr(host)
		switch {
		case err != nil || number != nil:
			k.wrong("admin.listen", `write a path, or a host of this machine and a port, such as "127.0.0.1:9099"`, "%q is no address", a.Listen)
		case host != "localhost" && !addr.IsLoopback():
			k.wrong("admin.listen", fmt.Sprintf(`write "127.0.0.1:%s", "[::1]:%s" or a path`, port, port), "%q can be reached from other machines", a.Listen)
		}
	}
	if a.Listen == "" && a.Pprof {
		k.wrong("admin.pprof", `write listen = "127.0.0.1:9099" beside it`, "profiles are served at the admin address, and there is none")
	}
	if k.Metrics.Clients < 0 || k.Metrics.Clients > maxClientSeries {
		k.wrong("metrics.clients", fmt.Sprintf("write 0 to %d", maxClientSeries), "%d clients cannot have series of their own", k.Metrics.Clients)
	}
}

// maxClientSeries is what monitoring systems take without a murmur.
const maxClientSeries = 10000

// IsPath tells a unix socket from HOST:PORT in an admin address.
func IsPath(listen string) bool {
	return strings.ContainsRune(listen, '/') || strings.HasSuffix(listen, ".sock")
}

// Levels and formats of the log.
var (
	levels  = []string{"debug", "info", "warn", "error"}
	formats = []string{"auto", "text", "json", "journal"}
)

func (k *checker) log() {
	k.oneOf("log.level", k.Log.Level, levels)
	k.oneOf("log.format", k.Log.Format, formats)
}

func (k *checker) oneOf(path, value string, known []string) {
	if slices.Contains(known, value) {
		return
	}
	advice := "write one of " + strings.Join(known, ", ")
	if best := nearest(value, known); best != "" {
		advice = "write " + strconv.Quote(best)
	}
	k.wrong(path, advice, "%q is not known", value)
}
