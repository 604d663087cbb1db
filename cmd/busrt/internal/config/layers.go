package config

import (
	"encoding"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// Loader is where a configuration is read from. It can be read again.
type Loader struct {
	Path    string // of the file, - for stdin; empty: DefaultPath, if it is there
	Stdin   io.Reader
	Environ []string // as of [os.Environ]
	Flags   []Flag   // those that were given
}

// Flag is a value that the command line gives to a key.
type Flag struct {
	Name  string // as it is written, with its dashes
	Key   string
	Value string
	Bind  *Listen // in place of Key and Value: an address
}

// Default is what there is without file, environment and flags.
func Default() *Config {
	b := defaultBroker()
	b.FrameRate = new(0) // its own: the decoder writes through pointers
	return &Config{
		Broker:  b,
		Admin:   Admin{Mode: Mode{FileMode: 0o600}},
		Metrics: Metrics{Enabled: true},
		Log:     Log{Level: "info", Format: "auto"},
		origins: map[string]Origin{},
	}
}

// defaultBroker asks the machine once: what changes meanwhile, a limit of memory
// say, is none of a reload's business.
var defaultBroker = sync.OnceValue(func() Broker {
	o, l := engine.Options{}.EnsureDefaults(), listeners.Options{}.EnsureDefaults()
	return Broker{
		Loops: l.Loops,
		Limits: Limits{
			Timeout:          Duration{Duration: 5 * time.Second}, // the reference's server; its library has 1 s
			QueueFrames:      o.QueueFrames,
			QueueBytes:       Size{Bytes: o.QueueBytes},
			Slow:             policies[0],
			MaxFrame:         Size{Bytes: o.MaxFrame},
			MaxSubscriptions: o.MaxSubscriptions,
			MaxExclusions:    o.MaxExclusions,
			MaxInterests:     Size{Bytes: o.MaxInterests},
		},
		MaxTopic:       Size{Bytes: o.MaxTopic},
		MaxTopicDepth:  o.MaxTopicDepth,
		MaxName:        codec.DefaultMaxName,
		MaxNameDots:    codec.DefaultMaxNameDots,
		MaxHandshakes:  o.MaxHandshakes,
		MaxConnections: l.MaxConnections,
		MaxMemory:      Size{Bytes: o.MaxMemory},
		StallTime:      Duration{Duration: o.StallTime},
	}
})

// Load reads everything: a flag wins over the environment, that over the file,
// and that over the default. The error is of type [Problems].
func (l *Loader) Load() (*Config, error) {
	c := Default()
	path := l.Path
	if path == "" {
		path = DefaultPath
	}
	if err := c.readFile(path, l.Stdin, l.Path == ""); err != nil {
		return nil, err
	}
	if ps := c.readEnvironment(l.Environ); len(ps) > 0 {
		return nil, ps
	}
	c.readFlags(l.Flags)
	if ps := c.check(); len(ps) > 0 {
		return nil, ps
	}
	return c, nil
}

const envPrefix = "BUSRT_"

// Variable is the environment variable of a key, empty if it has none: those of
// lists of tables have not, but for all addresses as a whole.
func Variable(path string) string {
	table, name, ok := strings.Cut(path, ".")
	if path != "listen" && (!ok || strings.Contains(name, ".") || table == "listen" || table == "clients") {
		return ""
	}
	return envPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

func (c *Config) readEnvironment(environ []string) (ps Problems) {
	byName := map[string]string{}
	var names, tables []string
	for _, k := range keys {
		if v := Variable(k.path); v != "" {
			byName[v] = k.path
			names = append(names, v)
			table, _, _ := strings.Cut(k.path, ".")
			tables = append(tables, envPrefix+strings.ToUpper(table)+"_")
		}
	}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		from := Origin{Kind: FromEnvironment, Name: name}
		ours := slices.ContainsFunc(tables, func(t string) bool { return strings.HasPrefix(name, t) })
		switch path := byName[name]; {
		case name == Variable("listen"):
			c.Listen = nil
			for url := range strings.FieldsSeq(value) {
				c.Listen = append(c.Listen, Listen{URL: url})
			}
			c.ownListen(from)
		case path != "":
			if !c.set(path, value) {
				ps = append(ps, Problem{Origin: from, Key: path, Text: strconv.Quote(value) + " is something else than what this key takes", Advice: "write " + want(path)})
			}
			c.origins[path] = from
		case ours:
			p := Problem{Origin: from, Text: "there is no such variable"}
			if best := nearest(strings.ToLower(name), lower(names)); best != "" {
				p.Advice = "write " + strings.ToUpper(best)
			}
			ps = append(ps, p)
		}
	}
	return ps
}

func lower(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = strings.ToLower(n)
	}
	return out
}

// ownListen says that all addresses are from there, and none from the file.
func (c *Config) ownListen(from Origin) {
	for path := range c.origins {
		if path == "listen" || strings.HasPrefix(path, "listen[") {
			delete(c.origins, path)
		}
	}
	c.origins["listen"] = from
}

func (c *Config) readFlags(flags []Flag) {
	var binds []Listen
	for _, f := range flags {
		from := Origin{Kind: FromFlag, Name: f.Name}
		if f.Bind != nil {
			binds = append(binds, *f.Bind)
			c.Listen = binds
			c.ownListen(from)
			continue
		}
		c.set(f.Key, f.Value) // the flag has been parsed already
		c.origins[f.Key] = from
	}
}

// set gives a key the value that a text says; false if it says none.
func (c *Config) set(path, text string) bool {
	v := reflect.ValueOf(c).Elem()
	for name := range strings.SplitSeq(path, ".") {
		f, ok := fieldNamed(v.Type(), name)
		if !ok {
			return false
		}
		v = v.FieldByIndex(f.Index)
	}
	switch p := v.Addr().Interface().(type) {
	case encoding.TextUnmarshaler:
		return p.UnmarshalText([]byte(text)) == nil && v.Interface().(malformed).malformed() == ""
	case *string:
		*p = text
	case *int:
		n, err := strconv.Atoi(text)
		*p = n
		return err == nil
	case **int:
		n, err := strconv.Atoi(text)
		*p = &n
		return err == nil
	case *bool:
		b, err := strconv.ParseBool(text)
		*p = b
		return err == nil
	default:
		return false
	}
	return true
}

// Origin tells where the value of a key comes from.
func (c *Config) Origin(path string) Origin {
	if all := c.origins["listen"]; all.Kind > FromFile && strings.HasPrefix(path, "listen") {
		return all
	}
	return c.origins[path]
}

// near is the origin of a key, or, if it is a default, of the table it would be
// in.
func (c *Config) near(path string) Origin {
	if o := c.Origin(path); o.Kind != FromDefault {
		return o
	}
	if c.source != nil {
		if line := c.source.line(path); line > 0 {
			return Origin{Kind: FromFile, Name: c.source.name, Line: line}
		}
		return Origin{Kind: FromFile, Name: c.source.name}
	}
	return Origin{}
}
