package config

import (
	"fmt"
	"hash/maphash"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Value is a key with what it is set to, as TOML has it.
type Value struct {
	Path   string
	Text   string
	Origin Origin
}

const hidden = `"***"`

// Values are all keys of the tables that there are, in the order of keys.go;
// secrets are hidden. Of addresses and clients only those that are given.
func (c *Config) Values() []Value { return c.values(reflect.ValueOf(c).Elem(), "", nil) }

func (c *Config) values(v reflect.Value, path string, all []Value) []Value {
	if _, leaf := reflect.TypeAssert[malformed](v); leaf {
		return c.value(v, path, all)
	}
	switch v.Kind() {
	case reflect.Struct:
		for f, field := range v.Fields() {
			if f.Anonymous {
				all = c.values(field, path, all)
			} else if name := f.Tag.Get("toml"); name != "" {
				all = c.values(field, join(path, name), all)
			}
		}
		return all
	case reflect.Map:
		clients := c.Clients
		for _, name := range slices.Sorted(maps.Keys(clients)) {
			all = c.values(reflect.ValueOf(clients[name]), join(path, name), all)
		}
		return all
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Struct {
			for i := range v.Len() {
				all = c.values(v.Index(i), path+"["+strconv.Itoa(i)+"]", all)
			}
			return all
		}
	default:
	}
	return c.value(v, path, all)
}

func (c *Config) value(v reflect.Value, path string, all []Value) []Value {
	table := strings.HasPrefix(path, "listen[") || strings.HasPrefix(path, "clients.")
	if table && v.IsZero() {
		return all
	}
	text := literal(v)
	if strings.HasSuffix(path, "].token") {
		text = hidden
	}
	return append(all, Value{Path: path, Text: text, Origin: c.Origin(path)})
}

// literal writes a value as TOML does.
func literal(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case *bool:
		return strconv.FormatBool(*x)
	case *int:
		return strconv.Itoa(*x)
	case []string:
		quoted := make([]string, len(x))
		for i, s := range x {
			quoted[i] = strconv.Quote(s)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	case []uint32:
		return strings.Join(strings.Fields(fmt.Sprint(x)), ", ")
	case string, malformed:
		return strconv.Quote(fmt.Sprint(x))
	default:
		return fmt.Sprint(x)
	}
}

// Show writes the merged configuration, the origin of each value behind it.
func (c *Config) Show() string {
	var out strings.Builder
	for _, v := range c.Values() {
		fmt.Fprintf(&out, "%-*s  # %s\n", 48, v.Path+" = "+v.Text, v.Origin)
	}
	if c.Clients == nil {
		out.WriteString("# no [clients]: everybody may do everything\n")
	}
	return out.String()
}

// Change is a value that differs between two configurations, empty where it is
// not there.
type Change struct{ Path, Old, New string }

func (d Change) String() string {
	switch {
	case d.Old == "":
		return fmt.Sprintf("%s = %s (new)", d.Path, d.New)
	case d.New == "":
		return fmt.Sprintf("%s is gone (was %s)", d.Path, d.Old)
	}
	return fmt.Sprintf("%s = %s (was %s)", d.Path, d.New, d.Old)
}

// Changes are what differs in next, by path. A secret that has changed shows as
// that.
func (c *Config) Changes(next *Config) []Change {
	return diff(c.texts(), next.texts())
}

// seed makes fingerprints of secrets worth nothing outside of this process.
var seed = maphash.MakeSeed()

// texts are all values by path, secrets as fingerprints.
func (c *Config) texts() map[string]string {
	texts := map[string]string{}
	for _, v := range c.Values() {
		texts[v.Path] = v.Text
	}
	for i, l := range c.Listen {
		for j, t := range l.Tokens {
			texts[fmt.Sprintf("listen[%d].tokens[%d].token", i, j)] = fmt.Sprintf("*** (%08x)", uint32(maphash.String(seed, t.Token)))
		}
	}
	for name := range c.Clients {
		texts[join("clients", name)] = "{}"
	}
	return texts
}

func diff(old, next map[string]string) (changes []Change) {
	paths := map[string]bool{}
	for p := range old {
		paths[p] = true
	}
	for p := range next {
		paths[p] = true
	}
	for _, p := range slices.Sorted(maps.Keys(paths)) {
		if old[p] != next[p] {
			changes = append(changes, Change{Path: p, Old: old[p], New: next[p]})
		}
	}
	return changes
}

// Restarts are the problems of what has changed in next and needs a start.
func (c *Config) Restarts(next *Config) (ps Problems) {
	for _, d := range diff(c.bound(), next.bound()) {
		k := checker{Config: next}
		was := d.Old
		if was == "" {
			was = "not there"
		}
		k.wrong(d.Path, "restart the broker, or write what it was: "+was, "takes effect at a start only")
		ps = append(ps, k.found...)
	}
	return ps
}
