package listeners

import (
	"context"
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// need is something that published clients need of a broker: what is between
// two semicolons in the table of the protocol's section 14.
type need struct {
	name string
	test func(t *testing.T, network string)
}

// TestPublishedClients: each need, as that client would meet it. The Python
// clients themselves, and the reference's command line, are driven by
// scripts/interop.
func TestPublishedClients(t *testing.T) {
	for _, needs := range [][]need{rustNeeds, pythonNeeds, asyncNeeds, nodeNeeds, allNeeds} {
		for _, n := range needs {
			t.Run(n.name, func(t *testing.T) { overNetworks(t, n.test) })
		}
	}
}

var allNeeds = []need{
	{"[section 14: all, 1] the notice before the end", testNotice},
	{"[section 14: all, 2] the bind string as it was given", testBindString},
}

func testNotice(t *testing.T, network string) { // [BUSRT-A2]
	t.Helper()
	b := serve(t, network, engine.Options{}, Options{Loops: 2})
	var all []*client
	for _, name := range []string{"a", "b", "a%%1"} {
		all = append(all, connect(t, b.at, name))
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	check(t, b.Shutdown(ctx))
	for _, c := range all {
		var notice codec.BrokerAnnouncement
		d := c.next()
		if _, err := notice.UnmarshalMsg(d.Payload); err != nil || string(d.Topic) != ".broker/warn" || notice.Event != codec.EventShutdown {
			t.Errorf("got %v %q, %v: %v", d.Kind, d.Topic, notice, err)
		}
		c.ended()
	}
}

func testBindString(t *testing.T, network string) { // [BUSRT-C4]
	t.Helper()
	b := serve(t, network, engine.Options{}, Options{})
	bind := "tcp://localhost:0"
	if network == networkUnix {
		bind = "unix:" + b.dir + "/./odd"
	}
	at, err := b.Listen(t.Context(), bind, ListenOptions{})
	check(t, err)
	x := connect(t, at, "x")
	for _, info := range x.list() {
		if info.Name == "x" && (info.Port == nil || *info.Port != bind) {
			t.Errorf("port is not %q: %+v", bind, info)
		}
	}
}

// alive: what the client sends itself comes back.
func (c *client) alive(name string) {
	c.t.Helper()
	c.message(name, "alive")
	c.got(codec.KindMessage, name, "", "alive")
}
