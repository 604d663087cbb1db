package config

import (
	"log/slog"
	"strconv"
	"strings"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// Engine gives the part of a configuration that is the broker's.
func (c *Config) Engine() engine.Options {
	b, s := c.Broker, c.Broker.settings()
	return engine.Options{
		Timeout: s.Timeout, QueueFrames: s.QueueFrames, QueueBytes: s.QueueBytes, Slow: s.Slow,
		MaxFrame: s.MaxFrame, FrameRate: s.FrameRate,
		MaxSubscriptions: s.MaxSubscriptions, MaxExclusions: s.MaxExclusions, MaxInterests: s.MaxInterests,
		MaxTopic: b.MaxTopic.Bytes, MaxTopicDepth: b.MaxTopicDepth,
		Names:         codec.NameLimits{MaxLen: b.MaxName, MaxDots: b.MaxNameDots},
		MaxHandshakes: b.MaxHandshakes, MaxMemory: b.MaxMemory.Bytes,
		StallTime: b.StallTime.Duration, ForceRegister: b.ForceRegister,
	}
}

// Listeners gives the part that is the listeners'.
func (c *Config) Listeners() listeners.Options {
	b := c.Broker
	return listeners.Options{
		Loops: b.Loops, MaxConnections: b.MaxConnections, PeerConnections: b.PeerConnections, ConnectRate: b.ConnectRate,
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
// made with: if its limits have changed since, they are the address's own.
func (c *Config) Options(l *Listen, m *engine.AAAMap, started *Config) listeners.ListenOptions {
	at := *l
	if b := c.Broker.Limits; !l.isFIFO() && b.settings() != started.Broker.settings() {
		at.Limits = at.over(b)
	}
	return at.options(c, m)
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
		a := engine.FullAccess().Limits(client.settings())
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
