package engine

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/busrt-go/busrt/codec"
)

// What the model test draws from: little, so that things meet.
var (
	modelNames    = []string{"a", "b", "a.b", "c.d", "e", "a%%1", "a%%2", "b%%x"}
	modelTopics   = []string{"", "a", "a/b", "b/a", "a/b/c", "a/+", ".broker/x", ".broker"}
	modelPatterns = []string{"", "a", "a/b", "a/+", "+", "#", "+/b", "a/#", "a/#/c", "+/+", ".broker/info"}
	modelMasks    = []string{"*", "?", "a.*", "?.?", "a", "b%%x", "nobody", coreName}
	modelUsers    = []uint32{uint32(os.Getuid()), 4711} // in-process clients are the first
)

// hears tells whether the client receives what is published to topic, by
// another road than the broker's.
func (c *modelClient) hears(topic string) bool {
	match := func(patterns map[string]bool) bool {
		for p := range patterns {
			if topicSyntax.naive(p, topic) {
				return true
			}
		}
		return false
	}
	return match(c.subscribed) && !match(c.excluded)
}

// model is a bus told in the simplest way: one thing after the other.
type model struct {
	*bus
	clients map[string]*modelClient
	force   bool
	serial  int // for payloads
}

// each visits the clients in the order of their names.
func (m *model) each(do func(*modelClient)) {
	for _, name := range slices.Sorted(maps.Keys(m.clients)) {
		do(m.clients[name])
	}
}

func (m *model) announce(event, name string) {
	m.each(func(c *modelClient) {
		if c.hears(topicInfo) {
			c.want = append(c.want, info(event, name))
		}
	})
}

// connect registers a client, or is refused [BUSRT-H4] [BUSRT-H9] [BUSRT-H10].
func (m *model) connect(t *rapid.T) {
	c := &modelClient{
		name: rapid.SampledFrom(modelNames).Draw(t, "name"), user: rapid.SampledFrom(modelUsers).Draw(t, "user"),
		subscribed: map[string]bool{}, excluded: map[string]bool{},
	}
	inProcess := rapid.Bool().Draw(t, "in-process")
	if inProcess {
		c.user = modelUsers[0]
	}
	primary, holder := m.clients[c.primary()], m.clients[c.name]
	code := codec.OK
	var evicted []*modelClient
	switch {
	case c.secondary() && primary == nil:
		code = codec.NotRegistered
	case c.secondary() && primary.user != c.user:
		code = codec.AccessDenied
	case holder == nil:
	case m.force && !c.secondary() && holder.local == nil:
		evicted = m.drop(holder)
	default:
		code = codec.Busy
	}
	if inProcess {
		c.register(m.bus, code)
	} else {
		c.dial(t, m.bus, code)
	}
	for _, o := range evicted {
		o.mustHaveEnded(m.bus)
	}
	if code != codec.OK {
		return
	}
	if !c.secondary() {
		m.announce(codec.EventReg, c.name)
	}
	m.clients[c.name] = c
}

// drop takes a client, and its secondaries, out of the model [BUSRT-O14].
func (m *model) drop(c *modelClient) (gone []*modelClient) {
	m.each(func(o *modelClient) {
		if o == c || o.primary() == c.name {
			gone = append(gone, o)
		}
	})
	for _, o := range gone {
		delete(m.clients, o.name)
	}
	return gone
}

// leave ends a client, in one of the ways there are.
func (m *model) leave(t *rapid.T) {
	c := m.any(t)
	if c == nil {
		return
	}
	gone := m.drop(c)
	if !c.secondary() {
		m.announce(codec.EventUnreg, c.name)
	}
	c.leave(t, m.bus)
	for _, o := range gone {
		if o != c {
			o.mustHaveEnded(m.bus)
		}
	}
}

// any draws a client; nil if there is none.
func (m *model) any(t *rapid.T) *modelClient {
	if len(m.clients) == 0 {
		return nil
	}
	return m.clients[rapid.SampledFrom(slices.Sorted(maps.Keys(m.clients))).Draw(t, "client")]
}

// packet has a client send some frames, over a socket in one piece.
func (m *model) packet(t *rapid.T) {
	c := m.any(t)
	if c == nil {
		return
	}
	for range rapid.IntRange(1, 8).Draw(t, "frames") {
		m.serial++
		o := drawOrder(t, strconv.Itoa(m.serial))
		if rapid.Bool().Draw(t, "ack") {
			o.id = uint32(m.serial)
		}
		c.give(m.bus, o, m.carryOut(c, o))
	}
}

// carryOut does to the model what the frame does to the bus, and gives the code
// that its sender should get [BUSRT-O1] … [BUSRT-O6].
func (m *model) carryOut(c *modelClient, o order) codec.Status {
	switch o.op {
	case codec.OpMessage:
		to := m.clients[o.target]
		if to == nil {
			return codec.NotRegistered
		}
		to.want = append(to.want, "message "+c.name+": "+o.payload)
	case codec.OpBroadcast:
		m.each(func(to *modelClient) {
			if maskSyntax.naive(o.target, to.name) {
				to.want = append(to.want, "broadcast "+c.name+": "+o.payload)
			}
		})
	case codec.OpPublish, codec.OpPublishFor:
		if o.target == coreName || strings.HasPrefix(o.target, coreName+"/") { // [BUSRT-A4]
			return codec.AccessDenied
		}
		m.each(func(to *modelClient) {
			if to.hears(o.target) && (o.op == codec.OpPublish || to.primary() == o.receiver) {
				to.want = append(to.want, "publish "+c.name+" "+o.target+": "+o.payload)
			}
		})
	default:
		set := c.subscribed
		if o.op == codec.OpExclude || o.op == codec.OpUnexclude {
			set = c.excluded
		}
		for _, p := range o.patterns {
			if set[p] = true; o.op == codec.OpUnsubscribe || o.op == codec.OpUnexclude {
				delete(set, p)
			}
		}
	}
	return codec.OK
}

// Whatever a few clients do, over sockets and in-process, one thing after the
// other, everybody receives what the model says, in that order.
func TestBrokerAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{clients: map[string]*modelClient{}, force: rapid.Bool().Draw(t, "force")}
		m.bus = newBus(t, rapid.IntRange(1, 3).Draw(t, "loops"), Options{ForceRegister: m.force})
		t.Cleanup(func() { m.each((*modelClient).close) }) // before those of the bus
		t.Repeat(map[string]func(*rapid.T){
			"connect": m.connect,
			"leave":   m.leave,
			"packet":  m.packet,
			"packets": m.packet, // more of them
			"":        func(*rapid.T) { m.each(func(c *modelClient) { c.mustHaveReceived(m.bus) }) },
		})
	})
}
