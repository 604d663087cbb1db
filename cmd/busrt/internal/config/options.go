package config

import (
	"log/slog"
	"strconv"
	"strings"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// Engine gives the part of a configuration that is the broker's.
func (c *Config) Engine() engine.Options {
	b := c.Broker
	return engine.Options{
		Timeout: b.Timeout.Duration, QueueFrames: b.QueueFrames, QueueBytes: b.QueueBytes.Bytes,
		MaxFrame: b.MaxFrame.Bytes, StallTime: b.StallTime.Duration, ForceRegister: b.ForceRegister,
	}
}

// Level is the least that is logged.
func (c *Config) Level() slog.Level {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Log.Level)) // checked
	return level
}

// Options gives those of one address, but for certificates and tokens, which may
// change. m is the map that [Config.Fill] fills. started is what the broker was
// made with: what has changed since is the address's own.
func (c *Config) Options(l *Listen, m *engine.AAAMap, started *Config) listeners.ListenOptions {
	o := l.options(c, m)
	if l.isFIFO() {
		return o
	}
	b, was := c.Broker, started.Broker
	if o.Timeout == 0 && b.Timeout != was.Timeout {
		o.Timeout = b.Timeout.Duration
	}
	if o.MaxFrame == 0 && b.MaxFrame != was.MaxFrame {
		o.MaxFrame = b.MaxFrame.Bytes
	}
	if o.QueueFrames == 0 && b.QueueFrames != was.QueueFrames {
		o.QueueFrames = b.QueueFrames
	}
	if o.QueueBytes == 0 && b.QueueBytes != was.QueueBytes {
		o.QueueBytes = b.QueueBytes.Bytes
	}
	return o
}

// Fill makes m say what [clients] says, names that are no longer there taken
// out. The configuration has been checked: nothing can fail.
func (c *Config) Fill(m *engine.AAAMap) {
	entries, _ := c.entries()
	for _, name := range m.Names() {
		if _, ok := entries[name]; !ok {
			m.Delete(name)
		}
	}
	for name, access := range entries {
		_ = m.Set(name, access)
	}
}

// entries are those of the map that [clients] is, and what is wrong with them.
func (c *Config) entries() (map[string]engine.Access, Problems) {
	entries := make(map[string]engine.Access, len(c.Clients))
	var ps Problems
	probe := engine.NewAAAMap()
	for name, client := range c.Clients {
		a := engine.FullAccess()
		for _, list := range []struct {
			key    string
			items  []string
			limit  func(engine.Access, ...string) engine.Access
			advice string
		}{
			{"hosts", client.Hosts, engine.Access.HostsAllow, `write addresses and networks, such as "10.0.0.0/8"`},
			{"p2p", client.P2P, engine.Access.MessageTo, `write names and masks of names, such as "sensor.*"`},
			{"broadcast", client.Broadcast, engine.Access.BroadcastTo, `write masks of names, such as "sensor.*"`},
			{"publish", client.Publish, engine.Access.PublishTo, `write topics, such as "news/#"`},
			{"subscribe", client.Subscribe, engine.Access.SubscribeTo, `write topics, such as "news/#"`},
		} {
			if list.items == nil {
				continue
			}
			if err := probe.Set("probe", list.limit(engine.FullAccess(), list.items...)); err != nil {
				ps = append(ps, Problem{Key: join(join("clients", name), list.key), Text: strings.TrimPrefix(err.Error(), "busrt: "), Advice: list.advice})
			}
			a = list.limit(a, list.items...)
		}
		if client.UIDs != nil {
			a = a.UIDsAllow(client.UIDs...)
		}
		if client.GIDs != nil {
			a = a.GIDsAllow(client.GIDs...)
		}
		entries[name] = a
	}
	return entries, ps
}

// Bound are the values that only a start can change, by path.
func (c *Config) bound() map[string]string {
	bound := map[string]string{"listen": strconv.Itoa(len(c.Listen)) + " addresses"}
	for _, v := range c.Values() {
		if k, ok := find(v.Path); ok && !k.reload {
			bound[v.Path] = v.Text
		}
	}
	bound["clients"] = strconv.FormatBool(c.Clients != nil)
	for i := range c.Listen {
		l := &c.Listen[i]
		path := "listen[" + strconv.Itoa(i) + "]"
		bound[path+".tokens"] = strconv.FormatBool(l.Tokens != nil || l.TokenFile != "")
	}
	return bound
}
